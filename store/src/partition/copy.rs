//! Copies a live partition.

use std::{ffi::c_int, path::Path};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
    ffi,
};

use super::{error::PartitionError, file::Partition};

/// The number of pages that are copied at once: 1 MiB of the engine's pages.
const PAGES: c_int = 256;

impl Partition {
    /// Copies the partition into a new file without companion files. The copy is consistent even
    /// beside a running engine. `between` is called after each part of 256 pages, so that a caller
    /// can limit the rate.
    ///
    /// The engine continues to write meanwhile: readers do not block a write-ahead log.
    ///
    /// # Errors
    /// Fails if the partition cannot be read or the copy cannot be written.
    pub fn copy_to(&self, path: &Path, between: impl FnMut()) -> Result<(), PartitionError> {
        self.copy_in_parts(path, PAGES, between)
    }

    pub(super) fn copy_in_parts(
        &self,
        path: &Path,
        pages: c_int,
        mut between: impl FnMut(),
    ) -> Result<(), PartitionError> {
        let mut copy = Connection::open(path)?;
        // No sync: every reader of the copy verifies its checksum, and a lost copy is made again.
        copy.pragma_update(None, "synchronous", "OFF")?;
        // A read transaction sees one state of the file until it ends. Without it, each write of the
        // engine would restart the copy.
        let transaction = self.connection.unchecked_transaction()?;
        transaction.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()))?;
        let backup = Backup::new(&transaction, &mut copy)?;
        let result = loop {
            match backup.step(pages)? {
                StepResult::More => between(),
                last => break last,
            }
        };
        drop(backup);
        drop(transaction);
        // This moves everything into the main file.
        let mode: String = copy.query_row("PRAGMA journal_mode = DELETE", (), |row| row.get(0))?;
        if result == StepResult::Done && mode == "delete" {
            return Ok(());
        }
        let busy = ffi::Error::new(ffi::SQLITE_BUSY);
        Err(PartitionError::Busy(rusqlite::Error::SqliteFailure(
            busy, None,
        )))
    }

    /// Returns the size of a copy in bytes.
    ///
    /// # Errors
    /// Fails if the partition cannot be read.
    pub fn copy_size(&self) -> Result<u64, PartitionError> {
        let pragma = |name| {
            self.connection
                .pragma_query_value(None, name, |row| row.get(0))
        };
        let (pages, size): (u64, u64) = (pragma("page_count")?, pragma("page_size")?);
        Ok(pages * size)
    }
}
