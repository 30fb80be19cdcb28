//! Opens the file of a partition through SQLite.

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

use super::{error::PartitionError, passport::Passport, table};
use crate::engine::{self, Format};

/// The end of a partition's file name. The engine opens every file whose name ends like this.
pub const SUFFIX: &str = ".sqlite3";

/// The ends of the names of the files that SQLite keeps beside a main file.
pub const COMPANIONS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// An open partition of the supported format, with a passport.
#[derive(Debug)]
pub struct Partition {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
}

impl Partition {
    /// Opens a partition for writing. The caller holds the volume's lock.
    ///
    /// # Errors
    /// Returns the reason why the file cannot be used.
    pub fn open(path: &Path) -> Result<Self, PartitionError> {
        // Between two starts only the engine writes, and it never changes the passport; we write the
        // passport without a -wal. So the main file alone and the file with its -wal contain the
        // same passport, unless one of the two files was replaced.
        // Order: compared before a writing connection is opened, which would checkpoint the -wal
        // into the main file when it closes.
        if let Some(alone) = passport_without_wal(path)?
            && alone != Self::open_read_only(path)?.passport()?
        {
            return Err(PartitionError::ForeignWal);
        }
        Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
    }

    /// Opens a partition for reading, which is safe beside a running engine.
    ///
    /// # Errors
    /// Returns the reason why the file cannot be used.
    pub fn open_read_only(path: &Path) -> Result<Self, PartitionError> {
        Self::connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY)
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the partition index in a main file, without changing the file or its companions.
    pub(crate) fn identity_of_copy(path: &Path) -> Option<u32> {
        let connection = immutable(path).ok()?;
        connection
            .query_row("SELECT part_index FROM parts", (), |row| row.get(0))
            .ok()
    }

    /// Reads the identity row, which must be the only one.
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
    /// Refuses a missing, newer or damaged passport.
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

/// Opens a connection with the settings that every partition needs.
pub(super) fn connect(path: &Path, access: OpenFlags) -> Result<Connection, PartitionError> {
    let connection = Connection::open_with_flags(path, access | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.pragma_update(None, "busy_timeout", 5000)?;
    // EXTRA also syncs the folder after a journal is removed: a rolled-back journal must not reappear.
    connection.pragma_update(None, "synchronous", "EXTRA")?;
    Ok(connection)
}

/// Reads the passport from the main file alone; `None` without a `-wal` beside it.
fn passport_without_wal(path: &Path) -> Result<Option<Passport>, PartitionError> {
    let wal = companion(path, "-wal");
    if !wal.metadata().is_ok_and(|metadata| metadata.len() > 0) {
        return Ok(None);
    }
    table::read(&immutable(path)?).map(Some)
}

/// Opens a main file alone and ignores its companion files.
fn immutable(path: &Path) -> rusqlite::Result<Connection> {
    let uri = format!("file:{}?immutable=1", uri_escaped(path));
    Connection::open_with_flags(
        uri,
        OpenFlags::SQLITE_OPEN_READ_ONLY
            | OpenFlags::SQLITE_OPEN_URI
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
}

/// Returns the path of a file that SQLite keeps beside a main file.
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
