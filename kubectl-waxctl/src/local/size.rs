//! The error for code that does not fit into a ConfigMap.

use std::path::Path;

use dataflow::code;

use crate::error::CommandError;

/// Creates the error for a source that the file `what` makes too large.
pub(super) fn too_large(path: &Path, what: &str, bytes: u64) -> CommandError {
    CommandError::usage(format!("the code in {} is too large", path.display()))
        .because(format!("with {what} it has {} KiB", bytes / 1024))
        .because(format!(
            "a ConfigMap can contain at most {} KiB",
            code::MAX_BYTES / 1024
        ))
        .hint("keep data out of the code: put it into the image, or let the flow fetch it")
}
