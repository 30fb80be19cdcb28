//! A partition's file, opened through SQLite.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{error::PartitionError, passport::Passport, table};
use crate::engine::{self, Format};

/// How a partition's file name ends; the engine opens every file that ends so.
pub const SUFFIX: &str = ".sqlite3";

/// The files that SQLite keeps beside a main file.
pub const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// An open partition of the format we know, with a passport.
#[derive(Debug)]
pub struct Partition {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
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

    /// Reads the one identity row.
    pub(super) fn index_and_count(&self) -> Result<(u32, u32), PartitionError> {
        let mut identities = self
            .connection
            .prepare("SELECT part_index, part_count FROM parts LIMIT 2")?;
        let identities: Vec<(u32, u32)> = identities
            .query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        match identities[..] {
            [identity] => Ok(identity),
            _ => Err(PartitionError::NoPartition),
        }
    }

    /// Reads the passport.
    ///
    /// # Errors
    /// Refuses a missing, newer or damaged one.
    pub fn passport(&self) -> Result<Passport, PartitionError> {
        table::read(&self.connection)
    }

    /// Replaces the passport.
    pub(crate) fn issue(&mut self, passport: &Passport) -> Result<(), PartitionError> {
        let transaction = self.connection.transaction()?;
        table::write(&transaction, passport)?;
        Ok(transaction.commit()?)
    }

    pub(super) fn connect(path: &Path, access: OpenFlags) -> Result<Self, PartitionError> {
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

/// Opens a file as every partition is opened.
pub(super) fn connect(path: &Path, access: OpenFlags) -> Result<Connection, PartitionError> {
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
    table::read(&immutable(path)?).map(Some)
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
