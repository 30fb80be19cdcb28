//! What happens to a partition right before an engine starts on it.

use serde::{Deserialize, Serialize};

use super::{error::PartitionError, file::Partition, passport::LastStart, table};

/// What all processes agreed on, to be written into every partition before any engine starts.
pub type Beginning = LastStart;

/// What a dead execution had left and was taken away.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Trimmed {
    /// Snapshots at or above the resume epoch.
    pub snaps: usize,
    /// Frontiers of executions that never began.
    pub fronts: usize,
}

impl Partition {
    /// Trims the partition to the resume epoch and notes the start, in one transaction.
    ///
    /// A crash between two partitions' writes leaves snapshots at or above the resume epoch. The
    /// next execution does not load them; but when it dies early, the one after it may: they are
    /// then below its resume epoch and newer than what was replayed.
    ///
    /// # Errors
    /// Fails when the file can't be written.
    pub fn begin(&mut self, beginning: &Beginning) -> Result<Trimmed, PartitionError> {
        let facts = self.facts()?;
        self.fold()?;
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

    /// Folds the `-wal` into the main file and leaves write-ahead mode, so that the main file alone
    /// says everything.
    ///
    /// The order matters: switching the mode would fold as well, but silently leaves a `-wal` that
    /// someone else still reads.
    pub(crate) fn fold(&self) -> Result<(), PartitionError> {
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
                Some(format!("the write-ahead log can't be folded (mode {mode})")),
            )))
        }
    }
}
