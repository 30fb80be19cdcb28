//! One partition: a file of the engine's, opened through SQLite only.
//!
//! A main file alone is an older moment than the file with its `-wal`, and still a valid store; so
//! live files are never read, copied or judged by their bytes.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};
use thiserror::Error;

use crate::engine::{self, Format};

mod begin;
mod copy;
mod create;
mod facts;
mod passport;
mod rows;

pub use begin::{Beginning, Trimmed};
pub use facts::{Execution, Front, PartitionFacts, RowCounts};
pub(crate) use rows::{Selection, Tally};

pub use passport::{Branch, LastStart, PASSPORT_FORMAT, Passport};

/// How a partition's file name ends; the engine opens every file that ends so.
pub const SUFFIX: &str = ".sqlite3";

/// The files that SQLite keeps beside a main file.
pub const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// An open partition of the format we know, with a passport.
#[derive(Debug)]
pub struct Partition {
    connection: Connection,
    path: PathBuf,
}

/// Why a file can't be used as a partition.
#[derive(Debug, Error)]
pub enum PartitionError {
    /// The file is damaged, or no SQLite file at all.
    #[error("the file is damaged or no SQLite file")]
    Unreadable(#[source] rusqlite::Error),
    /// An SQLite file without the engine's tables, or with none or several identities.
    #[error("the file is no recovery partition")]
    NoPartition,
    /// A partition of another engine version.
    #[error(
        "the partition was written by another engine version (schema {version}, known is {})",
        engine::SCHEMA_VERSION
    )]
    OtherEngine {
        /// Its schema version.
        version: u32,
    },
    /// A partition this platform did not make or adopt.
    #[error("the partition has no passport: this platform neither made nor adopted it")]
    NoPassport,
    /// A partition a newer platform wrote.
    #[error("the partition's passport has format {found}, known is {PASSPORT_FORMAT}")]
    NewerFormat {
        /// Its passport's format.
        found: u32,
    },
    /// A passport with values no version of ours writes.
    #[error("the partition's passport is damaged")]
    BadPassport,
    /// The `-wal` beside the file was written for another file.
    #[error("the -wal file beside it belongs to another file than the one that lies there now")]
    ForeignWal,
    /// A file that does not hold what was written to it.
    #[error("the file has {found:?}, and {expected:?} were written to it")]
    OtherRows {
        /// What was written.
        expected: RowCounts,
        /// What is there.
        found: RowCounts,
    },
    /// A row that the engine would not look for in this partition.
    #[error("the file holds rows of another partition")]
    Misplaced,
    /// A new set that does not hold what was written to it.
    #[error("the rows that were read again are not the ones that were written")]
    RowsLost,
    /// Someone else keeps the file locked.
    #[error("another process keeps the file locked")]
    Busy(#[source] rusqlite::Error),
    /// Anything else SQLite says.
    #[error("SQLite failed")]
    Sqlite(#[source] rusqlite::Error),
}

impl From<rusqlite::Error> for PartitionError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => Self::Unreadable(error),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy(error),
            _ => Self::Sqlite(error),
        }
    }
}

impl PartitionError {
    /// Whether there was no room for a change.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code() == Some(ErrorCode::DiskFull),
            _ => false,
        }
    }
}

impl Partition {
    /// Opens a partition to work on it; the caller holds the volume's lock.
    ///
    /// # Errors
    /// Says why the file can't be used.
    pub fn open(path: &Path) -> Result<Self, PartitionError> {
        // Between a start and the next one the engine writes, and it never touches the passport;
        // we write it without a -wal. So the main file alone and the two together say the same,
        // unless one of them was replaced. A writing connection would fold them when it closes.
        if let Some(alone) = passport_without_wal(path)?
            && alone != Self::look(path)?.passport()?
        {
            return Err(PartitionError::ForeignWal);
        }
        Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Opens a partition to read it, also beside a running engine.
    ///
    /// # Errors
    /// Says why the file can't be used.
    pub fn look(path: &Path) -> Result<Self, PartitionError> {
        Self::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// Where the file lies.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Which partition a file's main part claims to be, without touching the file.
    pub(crate) fn identity_of_copy(path: &Path) -> Option<u32> {
        let connection = immutable(path).ok()?;
        connection
            .query_row("SELECT part_index FROM parts", (), |row| row.get(0))
            .ok()
    }

    fn connect(path: &Path, access: OpenFlags) -> Result<Self, PartitionError> {
        let connection = connect(path, access)?;
        match engine::format(&connection)? {
            Format::Known => {}
            Format::Other { version } => return Err(PartitionError::OtherEngine { version }),
            Format::NoPartition => return Err(PartitionError::NoPartition),
        }
        let partition = Self {
            connection,
            path: path.to_owned(),
        };
        partition.index_and_count()?;
        partition.passport()?;
        Ok(partition)
    }
}

fn connect(path: &Path, access: OpenFlags) -> Result<Connection, PartitionError> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.pragma_update(None, "busy_timeout", 5000)?;
    // The folder is synced too when a journal goes: a rolled-back journal must not come back.
    connection.pragma_update(None, "synchronous", "EXTRA")?;
    Ok(connection)
}

/// Reads the passport out of the main file alone, when a `-wal` lies beside it.
fn passport_without_wal(path: &Path) -> Result<Option<Passport>, PartitionError> {
    let wal = companion(path, "-wal");
    if !wal.metadata().is_ok_and(|metadata| metadata.len() > 0) {
        return Ok(None);
    }
    passport::read(&immutable(path)?).map(Some)
}

/// Opens a main file alone, as if nothing lay beside it.
fn immutable(path: &Path) -> rusqlite::Result<Connection> {
    let uri = format!("file:{}?immutable=1", uri_escaped(path));
    Connection::open_with_flags(
        uri,
        OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
}

/// The name of a file that SQLite keeps beside a main file.
pub(crate) fn companion(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

fn uri_escaped(path: &Path) -> String {
    let text = path.to_string_lossy();
    text.replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23")
}

#[cfg(test)]
mod tests;
