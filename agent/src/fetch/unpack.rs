//! Unpacks code from a tar or from single files. The content is not trusted.

use std::{
    io::{self, Read},
    path::Path,
};

use tar::{Archive, Entry, EntryType};

use super::{
    error::UnpackError,
    tree::{LARGEST_FILE, Tree},
};

/// The number and size of the written files.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Unpacked {
    /// The number of files.
    pub files: usize,
    /// The size of all files together, in bytes.
    pub bytes: u64,
}

/// Unpacks a plain tar; nothing is written unless all of it is accepted.
///
/// # Errors
/// A name or kind of an entry is refused, a limit is exceeded, the archive cannot be read, or a write failed.
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
/// A name is refused, a limit is exceeded, or a write failed.
pub fn write_files(
    files: impl IntoIterator<Item = (String, Vec<u8>)>,
    into: &Path,
) -> Result<Unpacked, UnpackError> {
    let mut tree = Tree::default();
    for (path, content) in files {
        // `a//b` would silently become `a/b`. In a list of files it is a mistake.
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
            // The header may claim any size; a sparse file may claim a large one in a small archive.
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
        EntryType::XGlobalHeader => Ok(()), // `git archive` writes the name of the commit here
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
            what: "of an unknown kind",
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
