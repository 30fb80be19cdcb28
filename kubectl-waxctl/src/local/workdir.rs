//! A flow's code in a folder of this machine, as a pod has it.

use std::path::Path;

use agent::fetch;
use gitops::layout;
use gitops::rendered::Rendered;

use crate::error::CommandError;

/// Puts the code where a pod would find it.
///
/// # Errors
/// A file can't be written, or the archive holds what is refused.
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
        .map_err(|error| CommandError::failure("cannot lay out the code").chain(&error))
}
