//! Copies, replaces and damages recovery partitions, as people and storage may do by mistake.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rusqlite::Connection;

/// Copies a partition through SQLite. An engine may have it open.
pub fn copy_live(partition: &Path, to: &Path) -> Result<()> {
    remove(to)?;
    let connection = Connection::open(partition)?;
    connection.execute_batch(&format!("VACUUM INTO '{}'", to.display()))?;
    Ok(())
}

/// Copies a partition that no engine has open, with its write-ahead log. The files are copied without SQLite,
/// which cannot open a path in another mount namespace.
pub fn copy_at_rest(partition: &Path, to: &Path) -> Result<()> {
    fs::copy(partition, to)?;
    let beside = |path: &Path| format!("{}-wal", path.display());
    match fs::copy(beside(partition), beside(to)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error.into()),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Replaces a partition by a copy. The file keeps its owner, but its write-ahead log is removed.
pub fn replace(partition: &Path, from: &Path) -> Result<()> {
    remove_beside(partition)?;
    fs::copy(from, partition)?;
    Ok(())
}

/// Removes the last partition and writes the smaller number of partitions into all others, without moving rows.
pub fn drop_last(partitions: &[PathBuf]) -> Result<()> {
    let (last, others) = partitions.split_last().context("there is no partition")?;
    take_away(last)?;
    for other in others {
        let connection = Connection::open(other)?;
        connection.execute("UPDATE parts SET part_count = ?1", [others.len()])?;
    }
    Ok(())
}

/// Removes a partition with its write-ahead log.
pub fn take_away(partition: &Path) -> Result<()> {
    remove_beside(partition)?;
    remove(partition)
}

/// Removes the files that SQLite keeps beside the partition.
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
