//! Copies of the recovery store in a bucket, as one pass sees them.

use agent::report::BackupReport;
use jiff::Timestamp;

/// The copies that a revision asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DesiredBackup {
    /// Seconds between two copies.
    pub(crate) interval: i64,
    /// Seconds for which the engine keeps old snapshots.
    pub(crate) retention: i64,
}

/// What is known of the copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Backups {
    /// When the agents were last asked how copies stand.
    pub(crate) last_polled: Timestamp,
    /// The copies before a stop.
    pub(crate) last: LastBackup,
}

impl Backups {
    /// What is known before anybody is asked.
    #[must_use]
    pub(crate) fn unasked(last_polled: Timestamp) -> Self {
        Self {
            last_polled,
            last: LastBackup::NotAsked,
        }
    }
}

/// What has become of the copies that are made before a gang is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LastBackup {
    /// Nobody has asked for them.
    NotAsked,
    /// The agents have been at them since then.
    UnderWay(Timestamp),
    /// The agents are through; or why some could not.
    Settled(Result<(), String>),
}

/// What one agent says about its copies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BackupAnswer {
    /// The pod.
    pub(crate) pod: String,
    /// Its answer; `None` for silence and nonsense.
    pub(crate) report: Option<BackupReport>,
}
