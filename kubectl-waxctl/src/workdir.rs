//! A flow's code in a folder of this machine, as a pod has it.

use std::path::Path;

use agent::fetch;

use crate::error::CommandError;
use crate::render::{Rendered, layout};

/// Puts the code where a pod would find it.
///
/// # Errors
/// A file can't be written, or the archive holds what is refused.
pub fn lay_out(rendered: &Rendered, workdir: &Path) -> Result<(), CommandError> {
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
