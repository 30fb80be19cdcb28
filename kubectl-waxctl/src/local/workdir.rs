//! Writes the code of a flow into a folder with the layout of a pod.

use std::path::Path;

use agent::fetch;
use gitops::layout;
use gitops::rendered::Rendered;

use crate::error::CommandError;

/// Writes the code to the paths that it has in a pod.
///
/// # Errors
/// A file cannot be written, or the archive contains an entry that is refused.
pub(super) fn lay_out(rendered: &Rendered, workdir: &Path) -> Result<(), CommandError> {
    let tar = rendered.dataflow.spec.tar_name.as_deref();
    let unpacked = match tar.and_then(|key| rendered.code.get(key)) {
        Some(tar) => fetch::unpack_tar(tar, workdir),
        None => {
            let files = layout::code_files(rendered).map(|(path, bytes)| (path, bytes.to_vec()));
            fetch::write_files(files, workdir)
        }
    };
    unpacked
        .map(|_| ())
        .map_err(|error| CommandError::failure("cannot write the code into a folder").chain(&error))
}
