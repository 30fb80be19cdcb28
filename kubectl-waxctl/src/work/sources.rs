//! Reads several sources, and checks that they can be used together.

use std::path::PathBuf;

use gitops::source::Source;

use crate::error::CommandError;
use crate::local::source;

/// Reads the sources. If there are several, each needs a dataflow.yaml, and `flags` for one flow are refused.
///
/// # Errors
/// A source cannot be read, or the sources cannot be used together.
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
    .hint("run the command for each source, or write the value into each dataflow.yaml"))
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
