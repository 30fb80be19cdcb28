//! Why code is refused or could not be written.

use std::{io, path::PathBuf};

use thiserror::Error;

/// Why code is refused or could not be written.
#[derive(Debug, Error)]
pub enum UnpackError {
    /// A name that is absolute, empty or climbs out of the folder.
    #[error("the name {path:?} leads out of the code's folder")]
    Outside {
        /// The name.
        path: String,
    },
    /// A link that leads out of the folder.
    #[error("the link {path:?} leads out of the code's folder, to {target:?}")]
    LinkOutside {
        /// The link.
        path: String,
        /// Where it leads.
        target: String,
    },
    /// Two entries want the same place.
    #[error("the name {path:?} is there twice")]
    Twice {
        /// The name.
        path: String,
    },
    /// Something that is neither file, folder nor symbolic link.
    #[error("{path:?} is {what}; pack plain files, folders and symbolic links only")]
    Kind {
        /// The name.
        path: String,
        /// What it is.
        what: &'static str,
    },
    /// A name that is not UTF-8.
    #[error("the name {path:?} is not UTF-8")]
    Name {
        /// The name as far as it can be shown.
        path: String,
    },
    /// Too many entries.
    #[error("more than {limit} entries")]
    TooMany {
        /// The limit.
        limit: usize,
    },
    /// One file is too large.
    #[error("{path:?} has more than {limit} bytes")]
    FileTooLarge {
        /// The name.
        path: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// All files together are too large.
    #[error("more than {limit} bytes in all")]
    TooLarge {
        /// The limit in bytes.
        limit: u64,
    },
    /// The archive is compressed.
    #[error("the tar is compressed with {with}; pack it without (tar cf, not tar czf)")]
    Compressed {
        /// The compression.
        with: &'static str,
    },
    /// The archive cannot be read as one.
    #[error("this is no complete tar archive")]
    NotATar {
        /// What the reader said.
        source: io::Error,
    },
    /// An archive without any file.
    #[error("there are no files in it")]
    NoFiles,
    /// The system refused a write.
    #[error("{path} cannot be written")]
    Write {
        /// The place.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}
