//! Performs the file operations that change a volume, one by one, in the order they reach the disk.
//!
//! Every change of a name or of content goes through [`Disk`], so that tests can kill a store change
//! before each single operation.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use sha2::{Digest as _, Sha256};
use thiserror::Error;

/// The number of bytes that one operation copies.
const CHUNK: usize = if cfg!(test) { 16 * 1024 } else { 1024 * 1024 };

/// A single operation, as a test sees it before it happens.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Operation {
    /// A file is created, or truncated.
    Create(PathBuf),
    /// Bytes are appended to a file.
    Append(PathBuf),
    /// The content of a file is synced to the disk.
    SyncFile(PathBuf),
    /// The names in a folder are synced to the disk.
    SyncFolder(PathBuf),
    /// A file is renamed within its folder.
    Rename(PathBuf, PathBuf),
    /// A file is removed.
    Remove(PathBuf),
    /// SQLite changes a file.
    Sqlite(PathBuf),
}

/// An operation that failed.
#[derive(Debug, Error)]
#[error("cannot {verb} {path}")]
pub struct DiskError {
    /// The verb of the operation.
    pub verb: &'static str,
    /// The file or folder.
    pub path: PathBuf,
    /// The error of the operating system.
    #[source]
    pub source: io::Error,
}

impl DiskError {
    /// Whether the disk or the quota is full.
    pub(crate) fn is_full(&self) -> bool {
        matches!(
            self.source.kind(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
        )
    }
}

/// Observes each operation before it happens; an error takes its place.
type Watch<'a> = dyn FnMut(&Operation) -> io::Result<()> + 'a;

/// The interface to the file system; a test may watch it.
pub(crate) struct Disk<'a> {
    watch: Option<&'a mut Watch<'a>>,
}

impl<'a> Disk<'a> {
    /// Creates a disk without a watcher.
    pub(crate) fn new() -> Self {
        Self { watch: None }
    }

    /// Creates a disk whose operations a test can observe and fail.
    #[cfg(test)]
    pub(crate) fn watched(watch: &'a mut Watch<'a>) -> Self {
        Self { watch: Some(watch) }
    }

    /// Announces a change that SQLite is about to make.
    pub(crate) fn sqlite(&mut self, path: &Path) -> Result<(), DiskError> {
        self.pass("change", path, &Operation::Sqlite(path.to_owned()))
    }

    /// Replaces a small file atomically: a reader sees the old content or the new.
    pub(crate) fn replace(&mut self, path: &Path, content: &[u8]) -> Result<(), DiskError> {
        let mut fresh = path.as_os_str().to_owned();
        fresh.push(".new");
        let fresh = PathBuf::from(fresh);
        let mut file = self.create(&fresh)?;
        self.append(&fresh, &mut file, content)?;
        self.sync_file(&fresh)?;
        self.rename(&fresh, path)
    }

    /// Copies a file, syncs the copy, reads it back and returns its SHA-256. Fails if original and
    /// copy differ.
    pub(crate) fn copy(&mut self, from: &Path, to: &Path) -> Result<String, DiskError> {
        let mut source = File::open(from).map_err(|error| failed("read", from, error))?;
        let mut target = self.create(to)?;
        let mut hash = Sha256::new();
        let mut chunk = Vec::with_capacity(CHUNK);
        loop {
            chunk.clear();
            let read = (&mut source).take(CHUNK as u64).read_to_end(&mut chunk);
            if read.map_err(|error| failed("read", from, error))? == 0 {
                break;
            }
            hash.update(&chunk);
            self.append(to, &mut target, &chunk)?;
        }
        self.sync_file(to)?;
        let (expected, found) = (hex(&hash.finalize()), checksum(to)?);
        if expected == found {
            return Ok(found);
        }
        let text = format!("the copy has checksum {found}, the original {expected}");
        Err(failed("copy to", to, io::Error::other(text)))
    }

    /// Renames a file within its folder, and syncs the folder.
    pub(crate) fn rename(&mut self, from: &Path, to: &Path) -> Result<(), DiskError> {
        self.pass(
            "rename",
            from,
            &Operation::Rename(from.to_owned(), to.to_owned()),
        )?;
        fs::rename(from, to).map_err(|error| failed("rename", from, error))?;
        self.sync_folder_of(to)
    }

    /// Removes a file without a sync of the folder: after a crash it may be there again.
    pub(crate) fn remove(&mut self, path: &Path) -> Result<(), DiskError> {
        self.pass("remove", path, &Operation::Remove(path.to_owned()))?;
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed("remove", path, error))
            }
            _ => Ok(()),
        }
    }

    /// Syncs the content of a file to the disk.
    pub(crate) fn sync_file(&mut self, path: &Path) -> Result<(), DiskError> {
        self.pass("sync", path, &Operation::SyncFile(path.to_owned()))?;
        File::open(path)
            .and_then(|file| file.sync_all())
            .map_err(|error| failed("sync", path, error))
    }

    /// Syncs the names in a file's folder to the disk.
    pub(crate) fn sync_folder_of(&mut self, path: &Path) -> Result<(), DiskError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        self.pass("sync", folder, &Operation::SyncFolder(folder.to_owned()))?;
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .map_err(|error| failed("sync", folder, error))
    }

    fn create(&mut self, path: &Path) -> Result<File, DiskError> {
        self.pass("create", path, &Operation::Create(path.to_owned()))?;
        OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
            .map_err(|error| failed("create", path, error))
    }

    fn append(&mut self, path: &Path, file: &mut File, bytes: &[u8]) -> Result<(), DiskError> {
        self.pass("write", path, &Operation::Append(path.to_owned()))?;
        file.write_all(bytes)
            .map_err(|error| failed("write", path, error))
    }

    fn pass(
        &mut self,
        verb: &'static str,
        path: &Path,
        operation: &Operation,
    ) -> Result<(), DiskError> {
        match &mut self.watch {
            Some(watch) => watch(operation).map_err(|error| failed(verb, path, error)),
            None => Ok(()),
        }
    }
}

/// Returns the SHA-256 of a file in hex digits.
pub fn checksum(path: &Path) -> Result<String, DiskError> {
    let unreadable = |error| failed("read", path, error);
    let mut file = File::open(path).map_err(unreadable)?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk).map_err(unreadable)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&chunk[..read]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes all that is written to it");
        text
    })
}

pub(crate) fn failed(verb: &'static str, path: &Path, source: io::Error) -> DiskError {
    DiskError {
        verb,
        path: path.to_owned(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_disk_is_distinguished_from_other_failures() {
        let mut disk = Disk::new();
        let from = Path::new("/proc/self/exe");
        let full = disk.copy(from, Path::new("/dev/full")).unwrap_err();
        assert!(full.is_full(), "{full:?}");
        let nowhere = disk.copy(from, Path::new("/no/such/folder/file"));
        assert!(!nowhere.unwrap_err().is_full());
    }
}
