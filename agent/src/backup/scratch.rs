//! Removes files from the scratch folder.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use store::partition::COMPANIONS;

/// The amount that a copy is shortened by at once, in bytes.
const REMOVED_AT_ONCE: u64 = 16 << 20;

/// Removes a copy beside a running engine, without delaying the engine's writes.
pub(crate) fn remove_slowly(file: &Path) -> io::Result<()> {
    shrink(file);
    remove(file)
}

/// Removes a copy and the files that SQLite may have left beside it.
pub(crate) fn remove(file: &Path) -> io::Result<()> {
    for end in [""].into_iter().chain(COMPANIONS) {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        match fs::remove_file(&name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

/// Shortens a large file step by step. The file system journals the release of a large file at once, and the
/// engine's writes would wait for that. A failure has no consequence, since the file is removed afterwards.
fn shrink(file: &Path) {
    let Ok(copy) = File::options().write(true).open(file) else {
        return;
    };
    let mut size = copy.metadata().map_or(0, |metadata| metadata.len());
    while size > REMOVED_AT_ONCE {
        size -= REMOVED_AT_ONCE;
        if copy.set_len(size).and_then(|()| copy.sync_data()).is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copy_is_removed_with_companion_files() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("part-0.copy");
        fs::write(folder.path().join("part-0.copy-wal"), "").unwrap();
        let copy = File::create(&file).unwrap();
        copy.set_len(2 * REMOVED_AT_ONCE + 1).unwrap();
        remove_slowly(&file).unwrap();
        remove_slowly(&file).unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
        assert_eq!(copy.metadata().unwrap().len(), 1, "was shortened first");
    }
}
