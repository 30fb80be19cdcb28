//! Errors of unpacking code.

use std::{io, path::PathBuf};

use thiserror::Error;

/// Why code is refused or could not be written.
#[derive(Debug, Error)]
pub enum UnpackError {
    /// A name is absolute, empty or leads out of the folder.
    #[error("the name {path:?} leads out of the code's folder")]
    Outside {
        /// The name.
        path: String,
    },
    /// A link leads out of the folder.
    #[error("the link {path:?} leads out of the code's folder, to {target:?}")]
    LinkOutside {
        /// The link.
        path: String,
        /// The target of the link.
        target: String,
    },
    /// Two entries have the same name.
    #[error("the name {path:?} occurs twice")]
    Twice {
        /// The name.
        path: String,
    },
    /// An entry is neither file, folder nor symbolic link.
    #[error("{path:?} is {what}; pack plain files, folders and symbolic links only")]
    Kind {
        /// The name.
        path: String,
        /// The kind of the entry.
        what: &'static str,
    },
    /// A name is not UTF-8.
    #[error("the name {path:?} is not UTF-8")]
    Name {
        /// The name, with replacement characters.
        path: String,
    },
    /// There are too many entries.
    #[error("the code has more than {limit} entries")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// A file is too large.
    #[error("{path:?} has more than {limit} bytes")]
    FileTooLarge {
        /// The name.
        path: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// All files together are too large.
    #[error("the code has more than {limit} bytes in total")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The archive is compressed.
    #[error("the tar is compressed with {with}; pack it without compression (tar cf, not tar czf)")]
    Compressed {
        /// The compression.
        with: &'static str,
    },
    /// The archive cannot be read as one.
    #[error("the code is no complete tar archive")]
    NotATar {
        /// The error of the reader.
        source: io::Error,
    },
    /// The archive contains no file.
    #[error("the tar contains no files")]
    NoFiles,
    /// The system refused a write.
    #[error("cannot write {path}")]
    Write {
        /// The path.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
}
