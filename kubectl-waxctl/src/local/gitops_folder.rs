//! Writes the folder of a flow that GitOps tools and `kubectl apply -k` read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use gitops::files::FilesError;
use gitops::layout;
use gitops::rendered::Rendered;

use crate::error::CommandError;

/// Writes the files of a flow into a folder, unless this is a dry run, and returns their paths.
///
/// # Errors
/// The folder contains another flow, or a file cannot be written.
pub(crate) fn write(
    folder: &Path,
    rendered: &Rendered,
    dry_run: bool,
) -> Result<Vec<PathBuf>, CommandError> {
    refuse_foreign(folder, rendered)?;
    if let Some(file) = layout::reserved(rendered) {
        return Err(FilesError::Reserved { file }.into());
    }
    let mut written = Vec::new();
    for (path, bytes) in layout::write(rendered) {
        let path = folder.join(path);
        if !dry_run {
            let parent = path.parent().unwrap_or(folder);
            fs::create_dir_all(parent)
                .and_then(|()| fs::write(&path, bytes))
                .map_err(|error| {
                    CommandError::failure(format!("cannot write {}", path.display())).chain(&error)
                })?;
        }
        written.push(path);
    }
    Ok(written)
}

/// Refuses a folder that contains another flow, so that no work is overwritten.
fn refuse_foreign(folder: &Path, rendered: &Rendered) -> Result<(), CommandError> {
    let path = folder.join(layout::DATAFLOW);
    let Ok(bytes) = fs::read(&path) else {
        return Ok(());
    };
    let files = BTreeMap::from([(layout::DATAFLOW.to_owned(), bytes)]);
    let error = CommandError::policy(format!("cannot overwrite {}", path.display()));
    match layout::read(&files) {
        Ok(other) if other.name() == rendered.name() => Ok(()),
        Ok(other) => Err(error
            .because(format!("it contains the dataflow `{}`", other.name()))
            .hint("name another folder with `--into`")),
        Err(cause) => Err(error
            .chain(&cause)
            .hint("name another folder with `--into`")),
    }
}
