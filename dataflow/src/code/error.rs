//! Why some files can't be the code of a dataflow.

use super::limit::MAX_BYTES;

/// Says why some files can't be the code of a dataflow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// A ConfigMap can't have this key.
    #[error("`{0}` can't be a key of a ConfigMap: use letters, digits, `-`, `_` and `.`")]
    Key(String),
    /// The path leads out of the folder or has no file name.
    #[error("`{0}` is not a path inside the folder")]
    Path(String),
    /// The path can't be turned into a key and back.
    #[error("`{0}` has a name with `..` in it or a dot at its end, which a key can't carry")]
    DotsInName(String),
    /// Two files have the same path.
    #[error("`{0}` is there twice")]
    Duplicate(String),
    /// The archive is larger than [`MAX_BYTES`] allows a ConfigMap to be.
    #[error("the code has {0} bytes, a ConfigMap holds at most {MAX_BYTES}")]
    TooLarge(usize),
    /// The archive can't be read.
    #[error("the archive can't be read: {0}")]
    Archive(String),
    /// The archive holds something that is neither a file nor a folder.
    #[error("`{0}` in the archive is neither a file nor a folder")]
    NotAFile(String),
}
