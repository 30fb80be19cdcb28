//! Creates empty partitions.

use std::path::Path;

use rusqlite::OpenFlags;

use super::{
    error::PartitionError,
    file::{Partition, connect},
    passport::Passport,
    table,
};
use crate::engine;

impl Partition {
    /// Creates an empty partition: the engine's tables, its identity row and the passport, in one
    /// transaction.
    ///
    /// The file stays in rollback-journal mode, so that it has no companion files when it is renamed
    /// to its final name. The engine switches it to a write-ahead log when it opens it.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn create(
        path: &Path,
        index: u32,
        count: u32,
        passport: &Passport,
    ) -> Result<Self, PartitionError> {
        let mut connection = connect(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE,
        )?;
        let transaction = connection.transaction()?;
        engine::create(&transaction, index, count)?;
        table::create(&transaction, passport)?;
        transaction.commit()?;
        Ok(Self {
            connection,
            path: path.to_owned(),
        })
    }
}
