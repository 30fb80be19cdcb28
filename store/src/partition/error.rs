//! Why a file can't be used as a partition.

use rusqlite::ErrorCode;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::passport::PASSPORT_FORMAT;
use crate::engine;

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

/// How many rows each of the engine's tables has.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RowCounts {
    /// Executions.
    pub exs: u64,
    /// Frontiers.
    pub fronts: u64,
    /// Commits.
    pub commits: u64,
    /// Snapshots.
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
    /// Whether there was no room for a change.
    pub(crate) fn is_full(&self) -> bool {
        match self {
            Self::Sqlite(error) => error.sqlite_error_code() == Some(ErrorCode::DiskFull),
            _ => false,
        }
    }
}
