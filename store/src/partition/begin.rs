//! Prepares a partition directly before an engine starts on it.

use serde::{Deserialize, Serialize};

use super::{error::PartitionError, file::Partition, passport::LastStart, table};

/// The parameters of a start, written into every partition before any engine starts.
pub type Beginning = LastStart;

/// The number of rows of a dead execution that were deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trimmed {
    /// The deleted snapshots at or above the resume epoch.
    pub snaps: usize,
    /// The deleted frontiers of executions that never began.
    pub fronts: usize,
}

impl Partition {
    /// Trims the partition to the resume epoch and writes the start into the passport, in one
    /// transaction.
    ///
    /// A crash between the writes of two partitions leaves snapshots at or above the resume epoch.
    /// The next execution does not load them. But if that execution dies early, the one after it may
    /// load them. They are then below its resume epoch, and newer than the replayed state.
    ///
    /// # Errors
    /// Fails if the file cannot be written.
    pub fn begin(&mut self, beginning: &Beginning) -> Result<Trimmed, PartitionError> {
        let facts = self.facts()?;
        self.checkpoint()?;
        let transaction = self.connection.transaction()?;
        let trimmed = Trimmed {
            snaps: transaction.execute(
                "DELETE FROM snaps WHERE snap_epoch >= ?1",
                [beginning.resume_epoch],
            )?,
            fronts: transaction.execute(
                "DELETE FROM fronts WHERE ex_num >= ?1",
                [beginning.execution],
            )?,
        };
        let highest_commit = facts.highest_commit();
        let mut passport = facts.passport;
        passport.highest_commit = highest_commit;
        passport.last_start = Some(beginning.clone());
        table::write(&transaction, &passport)?;
        transaction.commit()?;
        Ok(trimmed)
    }

    /// Checkpoints the `-wal` into the main file and leaves write-ahead mode, so that the main file
    /// alone contains everything.
    ///
    /// Order: checkpoint first, then switch the mode. The switch alone checkpoints as well, but it
    /// silently leaves a `-wal` that another process still reads.
    pub(crate) fn checkpoint(&self) -> Result<(), PartitionError> {
        let blocked: u32 =
            self.connection
                .query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get(0))?;
        let mode: String =
            self.connection
                .query_row("PRAGMA journal_mode = DELETE", (), |row| row.get(0))?;
        if blocked == 0 && mode == "delete" {
            Ok(())
        } else {
            Err(PartitionError::Sqlite(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
                Some(format!(
                    "cannot checkpoint the write-ahead log (mode {mode})"
                )),
            )))
        }
    }
}
