//! Recovery partitions as files, treated as nobody should treat them.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rusqlite::Connection;

/// Copies a partition through SQLite, also beside a running engine.
pub fn copy_live(partition: &Path, to: &Path) -> Result<()> {
    remove(to)?;
    let connection = Connection::open(partition)?;
    connection.execute_batch(&format!("VACUUM INTO '{}'", to.display()))?;
    Ok(())
}

/// Copies a partition that no engine has open, with what was not folded into it. SQLite itself finds
/// no file in another mount namespace.
pub fn copy_at_rest(partition: &Path, to: &Path) -> Result<()> {
    fs::copy(partition, to)?;
    let beside = |path: &Path| format!("{}-wal", path.display());
    match fs::copy(beside(partition), beside(to)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Puts a copy in the place of a partition of which nothing else is left but its owner.
pub fn replace(partition: &Path, from: &Path) -> Result<()> {
    remove_beside(partition)?;
    fs::copy(from, partition)?;
    Ok(())
}

/// Takes the last partition away and writes the smaller number into all others, as if that were all:
/// no row moves.
pub fn drop_last(partitions: &[PathBuf]) -> Result<()> {
    let (last, others) = partitions.split_last().context("a partition")?;
    take_away(last)?;
    for other in others {
        let connection = Connection::open(other)?;
        connection.execute("UPDATE parts SET part_count = ?1", [others.len()])?;
    }
    Ok(())
}

/// Removes a partition.
pub fn take_away(partition: &Path) -> Result<()> {
    remove_beside(partition)?;
    remove(partition)
}

/// What SQLite keeps beside the file.
fn remove_beside(partition: &Path) -> Result<()> {
    for end in ["-wal", "-shm"] {
        remove(Path::new(&format!("{}{end}", partition.display())))?;
    }
    Ok(())
}

fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}
