//! One file of a repository before and after a change.

/// One file before and after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Path in the repository.
    pub path: String,
    /// Content before; `None` for a new file.
    pub old: Option<Vec<u8>>,
    /// Content after; `None` for a removed file.
    pub new: Option<Vec<u8>>,
}
