//! Defines the parameters of an engine start: the intervals and the resume epoch.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The snapshot interval of the engine, and how long it keeps replaced snapshots.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "RawIntervals", rename_all = "camelCase")]
pub struct Intervals {
    snapshot: u64,
    backup: u64,
}

/// An interval that the engine would misread.
#[derive(Clone, Copy, Debug, Error, Eq, PartialEq)]
#[error(
    "the snapshot interval is {snapshot} s; it must be at least 1 s, or nothing is ever collected"
)]
pub struct IntervalsError {
    /// The rejected interval, in seconds.
    snapshot: u64,
}

/// The execution and epoch with which all engines begin.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Resume {
    /// The number of the next execution.
    pub execution: u64,
    /// The epoch from which it resumes.
    pub epoch: u64,
}

impl Intervals {
    /// Creates intervals from whole seconds.
    ///
    /// # Errors
    /// Refuses a snapshot interval of 0.
    pub fn new(snapshot: u64, backup: u64) -> Result<Self, IntervalsError> {
        if snapshot == 0 {
            return Err(IntervalsError { snapshot });
        }
        Ok(Self { snapshot, backup })
    }

    /// Returns the seconds between snapshots.
    #[must_use]
    pub fn snapshot(self) -> u64 {
        self.snapshot
    }

    /// Returns the seconds for which replaced snapshots are kept.
    #[must_use]
    pub fn backup(self) -> u64 {
        self.backup
    }

    /// Returns how many epochs the engine's collection stays behind the newest closed epoch.
    #[must_use]
    pub fn kept_epochs(self) -> u64 {
        self.backup.div_ceil(self.snapshot)
    }
}

#[derive(Deserialize)]
struct RawIntervals {
    snapshot: u64,
    backup: u64,
}

impl TryFrom<RawIntervals> for Intervals {
    type Error = IntervalsError;

    fn try_from(raw: RawIntervals) -> Result<Self, IntervalsError> {
        Self::new(raw.snapshot, raw.backup)
    }
}
