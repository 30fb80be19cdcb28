//! Several sources at once: what goes together.

use std::path::PathBuf;

use gitops::source::Source;

use crate::error::CommandError;
use crate::local::source;

/// Reads the sources. Of several each needs a dataflow.yaml, and none takes `flags` about one flow.
///
/// # Errors
/// A source can't be read, or they do not go together.
pub(crate) fn read(paths: &[PathBuf], flags: &[&str]) -> Result<Vec<Source>, CommandError> {
    let sources = paths
        .iter()
        .map(|path| source::read(path))
        .collect::<Result<Vec<_>, _>>()?;
    if sources.len() > 1 {
        refuse_flags(flags)?;
        sources.iter().try_for_each(refuse_without_dataflow)?;
    }
    Ok(sources)
}

fn refuse_flags(flags: &[&str]) -> Result<(), CommandError> {
    if flags.is_empty() {
        return Ok(());
    }
    Err(CommandError::usage(format!(
        "{} cannot apply to several sources at once",
        flags.join(", ")
    ))
    .hint("name the sources one by one, or write it into each dataflow.yaml"))
}

fn refuse_without_dataflow(source: &Source) -> Result<(), CommandError> {
    if source.dataflow.is_some() {
        return Ok(());
    }
    let path = source.path.display();
    Err(CommandError::usage(format!(
        "{path} has no dataflow.yaml, which each of several sources needs"
    ))
    .hint(format!("waxctl df render {path} --name NAME --into FOLDER")))
}
