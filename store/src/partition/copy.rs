//! A copy of a live partition.

use std::{ffi::c_int, path::Path};

use rusqlite::{
    Connection,
    backup::{Backup, StepResult},
    ffi,
};

use super::{error::PartitionError, file::Partition};

/// How many pages are copied at once: 1 MiB of the engine's pages.
const PAGES: c_int = 256;

impl Partition {
    /// Copies the partition as it is at one moment, also beside a running engine, into a new file
    /// with nothing beside it. Calls `between` after each few megabytes, with which a caller sets
    /// the pace.
    ///
    /// The engine goes on writing meanwhile, as readers don't hold up a write-ahead log.
    ///
    /// # Errors
    /// Fails when the partition can't be read or the copy can't be written.
    pub fn copy_to(&self, path: &Path, between: impl FnMut()) -> Result<(), PartitionError> {
        self.copy_in_steps(path, PAGES, between)
    }

    pub(super) fn copy_in_steps(
        &self,
        path: &Path,
        pages: c_int,
        mut between: impl FnMut(),
    ) -> Result<(), PartitionError> {
        let mut copy = Connection::open(path)?;
        // It is checked by its checksum wherever it is used, and made again if it is lost.
        copy.pragma_update(None, "synchronous", "OFF")?;
        // A reader sees one moment until it ends; without it each of the engine's writes would begin
        // the copy anew.
        let moment = self.connection.unchecked_transaction()?;
        moment.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()))?;
        let backup = Backup::new(&moment, &mut copy)?;
        let step = loop {
            match backup.step(pages)? {
                StepResult::More => between(),
                last => break last,
            }
        };
        drop(backup);
        drop(moment);
        // All of it is in the main file then.
        let mode: String = copy.query_row("PRAGMA journal_mode = DELETE", (), |row| row.get(0))?;
        if step == StepResult::Done && mode == "delete" {
            return Ok(());
        }
        let busy = ffi::Error::new(ffi::SQLITE_BUSY);
        Err(PartitionError::Busy(rusqlite::Error::SqliteFailure(
            busy, None,
        )))
    }

    /// How many bytes a copy takes.
    ///
    /// # Errors
    /// Fails when the partition can't be read.
    pub fn copy_size(&self) -> Result<u64, PartitionError> {
        let pragma = |name| {
            self.connection
                .pragma_query_value(None, name, |row| row.get(0))
        };
        let (pages, size): (u64, u64) = (pragma("page_count")?, pragma("page_size")?);
        Ok(pages * size)
    }
}
