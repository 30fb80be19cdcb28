//! The errors of code that a ConfigMap cannot contain.

use super::limit::MAX_BYTES;

/// Error: files cannot be the code of a dataflow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// The key is not valid in a ConfigMap.
    #[error("`{0}` cannot be a key of a ConfigMap: use letters, digits, `-`, `_` and `.`")]
    Key(String),
    /// The path points outside the folder or does not name a file.
    #[error("`{0}` is not a path inside the folder")]
    Path(String),
    /// The path cannot be converted to a key and back.
    #[error(
        "`{0}` has a name that contains `..` or ends with a dot, which a key of a ConfigMap cannot represent"
    )]
    DotsInName(String),
    /// Two files have the same path.
    #[error("`{0}` exists twice")]
    Duplicate(String),
    /// The code is larger than a ConfigMap can be ([`MAX_BYTES`]).
    #[error("the code has {0} bytes, but a ConfigMap can have at most {MAX_BYTES}")]
    TooLarge(usize),
    /// The archive is damaged.
    #[error("cannot read the archive: {0}")]
    Archive(String),
    /// An entry of the archive is neither a file nor a folder.
    #[error("`{0}` in the archive is neither a file nor a folder")]
    NotAFile(String),
}
