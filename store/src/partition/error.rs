//! Defines the reasons why a file cannot be used as a partition.

use rusqlite::ErrorCode;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::passport::PASSPORT_FORMAT;
use crate::engine;

/// The reason why a file cannot be used as a partition.
#[derive(Debug, Error)]
pub enum PartitionError {
    /// The file is damaged, or is not an SQLite file.
    #[error("the file is damaged or is not an SQLite file")]
    Unreadable(#[source] rusqlite::Error),
    /// The SQLite file lacks the engine's tables, or does not have exactly one identity row.
    #[error("the file is not a recovery partition")]
    NoPartition,
    /// Another engine version wrote the partition.
    #[error(
        "the partition was written by another engine version (schema {version}; this release supports {})",
        engine::SCHEMA_VERSION
    )]
    OtherEngine {
        /// The schema version of the partition.
        version: u32,
    },
    /// This platform did not create or adopt the partition.
    #[error("the partition has no passport: this platform neither created nor adopted it")]
    NoPassport,
    /// A newer release of the platform wrote the passport.
    #[error("the partition's passport has format {found}; this release supports {PASSPORT_FORMAT}")]
    NewerFormat {
        /// The format of the passport.
        found: u32,
    },
    /// The passport contains values that no release of ours writes.
    #[error("the partition's passport is damaged")]
    BadPassport,
    /// The `-wal` beside the file was written for another file.
    #[error("the `-wal` file beside it belongs to another main file")]
    ForeignWal,
    /// The file does not contain the rows that were written to it.
    #[error("the file contains {found:?}, but {expected:?} were written")]
    OtherRows {
        /// The number of rows that were written.
        expected: RowCounts,
        /// The number of rows in the file.
        found: RowCounts,
    },
    /// The engine would not look for some row in this partition.
    #[error("the file contains rows of another partition")]
    Misplaced,
    /// The new partitions do not contain the rows that were written to them.
    #[error("the rows that were read back differ from the rows that were written")]
    RowsLost,
    /// Another process keeps the file locked.
    #[error("another process keeps the file locked")]
    Busy(#[source] rusqlite::Error),
    /// Any other error of SQLite.
    #[error("SQLite failed")]
    Sqlite(#[source] rusqlite::Error),
}

/// The number of rows in each of the engine's tables.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RowCounts {
    /// The executions.
    pub exs: u64,
    /// The frontiers.
    pub fronts: u64,
    /// The commits.
    pub commits: u64,
    /// The snapshots.
    pub snaps: u64,
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
    /// Whether the disk was full.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code() == Some(ErrorCode::DiskFull),
            _ => false,
        }
    }
}
