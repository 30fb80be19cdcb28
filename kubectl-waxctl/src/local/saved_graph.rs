//! Reads a graph that `df graph -o json` has written.

use std::path::Path;

use gitops::graph::Graph;

use crate::error::CommandError;

/// Reads the file.
///
/// # Errors
/// It cannot be read, or has another form.
pub(crate) fn read(path: &Path) -> Result<Graph, CommandError> {
    let failed = || CommandError::usage(format!("cannot read the graph {}", path.display()));
    let text = std::fs::read(path).map_err(|error| failed().chain(&error))?;
    serde_json::from_slice(&text).map_err(|error| {
        failed()
            .chain(&error)
            .hint("write it with `waxctl df graph NAME -o json`")
    })
}
