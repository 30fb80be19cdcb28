//! Writes a gzipped tar archive into a new file.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use crate::error::CommandError;
use crate::interrupt;

/// Permissions of an archive and of its files: nobody else reads them.
const MODE: u32 = 0o600;

/// Returns an archive with texts in one folder. `time` is in seconds since 1970.
///
/// # Errors
/// A path is too long for an archive.
pub(crate) fn pack(folder: &str, files: &[(String, String)], time: u64) -> io::Result<Vec<u8>> {
    let mut archive = Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for (path, text) in files {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(text.len() as u64);
        header.set_mode(MODE);
        header.set_mtime(time);
        archive.append_data(&mut header, format!("{folder}/{path}"), text.as_bytes())?;
    }
    archive.into_inner()?.finish()
}

/// A new file. Unless it is written completely, it is removed at the end.
#[derive(Debug)]
pub(crate) struct NewFile {
    path: PathBuf,
    file: File,
    complete: bool,
    _at_end: interrupt::AtEnd,
}

impl NewFile {
    /// Creates the file.
    ///
    /// # Errors
    /// It exists already, or the system refuses.
    pub(crate) fn create(path: &Path) -> Result<Self, CommandError> {
        let mut options = OpenOptions::new();
        let file = options.write(true).create_new(true).mode(MODE).open(path);
        let file = file.map_err(|error| {
            let cannot = CommandError::usage(format!("cannot write {}", path.display()));
            match error.kind() {
                io::ErrorKind::AlreadyExists => cannot
                    .because("it exists already, and is not overwritten")
                    .hint("name another file with `-o FILE`"),
                _ => cannot.chain(&error),
            }
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            complete: false,
            _at_end: interrupt::remove_at_end(path),
        })
    }

    /// Writes the whole content.
    ///
    /// # Errors
    /// The system refuses.
    pub(crate) fn write(mut self, bytes: &[u8]) -> Result<(), CommandError> {
        let written = self.file.write_all(bytes);
        let written = written.and_then(|()| self.file.sync_all());
        written.map_err(|error| {
            CommandError::failure(format!("cannot write {}", self.path.display())).chain(&error)
        })?;
        self.complete = true;
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.complete {
            // The caller reports why; a file that cannot be removed is empty or a part.
            std::fs::remove_file(&self.path).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn existing_file_is_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar.gz");
        NewFile::create(&path).unwrap().write(b"first").unwrap();
        assert!(NewFile::create(&path).is_err());
        assert_eq!(std::fs::read(&path).unwrap(), b"first");
    }

    #[test]
    fn unwritten_file_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.tar.gz");
        drop(NewFile::create(&path).unwrap());
        assert!(!path.exists());
    }
}
