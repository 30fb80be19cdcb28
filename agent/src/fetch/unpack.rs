//! Code in a tar, or as single files: taken apart with care, since anybody may have written it.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use tar::{Archive, Entry, EntryType};
use thiserror::Error;

use super::tree::{LARGEST_FILE, Tree};

/// What was written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unpacked {
    /// How many files.
    pub files: usize,
    /// Their bytes together.
    pub bytes: u64,
}

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

/// Unpacks a plain tar; nothing is written unless all of it is accepted.
///
/// # Errors
/// Names and kinds of entries that are refused, limits passed, an archive that is none, a failed
/// write.
pub fn unpack_tar(archive: &[u8], into: &Path) -> Result<Unpacked, UnpackError> {
    for (magic, with) in COMPRESSIONS {
        if archive.starts_with(magic) {
            return Err(UnpackError::Compressed { with });
        }
    }
    let mut tree = Tree::default();
    let mut archive = Archive::new(archive);
    for entry in archive.entries().map_err(not_a_tar)? {
        add_entry(&mut tree, entry.map_err(not_a_tar)?)?;
    }
    write(&tree, into)
}

/// Writes single files by their relative path; nothing is written unless all are accepted.
///
/// # Errors
/// Names that are refused, limits passed, a failed write.
pub fn write_files(
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
    into: &Path,
) -> Result<Unpacked, UnpackError> {
    let mut tree = Tree::default();
    for (path, content) in files {
        // `a//b` would silently be `a/b`: in a list of files that is a mistake, not a habit.
        if path.split('/').any(str::is_empty) {
            return Err(UnpackError::Outside { path });
        }
        tree.add_file(&path, content, false)?;
    }
    write(&tree, into)
}

const COMPRESSIONS: [(&[u8], &str); 4] = [
    (&[0x1f, 0x8b], "gzip"),
    (b"BZh", "bzip2"),
    (&[0xfd, b'7', b'z', b'X', b'Z'], "xz"),
    (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
];

fn write(tree: &Tree, into: &Path) -> Result<Unpacked, UnpackError> {
    if tree.files() == 0 {
        return Err(UnpackError::NoFiles);
    }
    tree.write(into)?;
    Ok(Unpacked {
        files: tree.files(),
        bytes: tree.bytes(),
    })
}

fn add_entry(tree: &mut Tree, mut entry: Entry<'_, &[u8]>) -> Result<(), UnpackError> {
    let path = utf8(&entry.path_bytes())?;
    match entry.header().entry_type() {
        EntryType::Directory => tree.add_folder(&path),
        EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
            let mode = entry.header().mode().map_err(not_a_tar)?;
            let mut content = Vec::new();
            // The header may promise any size, and a sparse file costs nothing to promise.
            entry
                .by_ref()
                .take(LARGEST_FILE + 1)
                .read_to_end(&mut content)
                .map_err(not_a_tar)?;
            tree.add_file(&path, content, mode & 0o111 != 0)
        }
        EntryType::Symlink => {
            let target = entry.link_name_bytes().unwrap_or_default();
            tree.add_link(&path, &utf8(&target)?)
        }
        EntryType::XGlobalHeader => Ok(()), // `git archive` writes the commit's name so
        EntryType::Link => Err(UnpackError::Kind {
            path,
            what: "a hard link",
        }),
        EntryType::Char | EntryType::Block => Err(UnpackError::Kind {
            path,
            what: "a device",
        }),
        EntryType::Fifo => Err(UnpackError::Kind {
            path,
            what: "a pipe",
        }),
        _ => Err(UnpackError::Kind {
            path,
            what: "of a kind not known here",
        }),
    }
}

fn utf8(bytes: &[u8]) -> Result<String, UnpackError> {
    String::from_utf8(bytes.to_vec()).map_err(|_| UnpackError::Name {
        path: String::from_utf8_lossy(bytes).into_owned(),
    })
}

fn not_a_tar(source: io::Error) -> UnpackError {
    UnpackError::NotATar { source }
}

#[cfg(test)]
mod tests;
