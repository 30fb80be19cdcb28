//! The backups of the recovery store: what a revision asks for, and what the agents report.

use agent::report::BackupReport;
use jiff::Timestamp;

/// The backups that a revision asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DesiredBackup {
    /// Seconds between two copies of a partition.
    pub(crate) interval: i64,
    /// Seconds for which the engine retains old snapshots.
    pub(crate) retention: i64,
}

/// The state of the backups of one Dataflow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Backups {
    /// The time of the last poll of the agents for their backup reports.
    pub(crate) last_polled: Timestamp,
    /// The backup that is made before the gang is stopped.
    pub(crate) last: LastBackup,
}

impl Backups {
    /// Returns the state of a reconcile that has not asked the agents.
    #[must_use]
    pub(crate) fn unasked(last_polled: Timestamp) -> Self {
        Self {
            last_polled,
            last: LastBackup::NotAsked,
        }
    }
}

/// The progress of the backup that is made before a gang is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LastBackup {
    /// No backup was requested.
    NotAsked,
    /// The agents have been making the backup since this time.
    UnderWay(Timestamp),
    /// The agents have finished; the error is the reason why some partition was not copied.
    Settled(Result<(), String>),
}

/// The backup report of one agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BackupAnswer {
    /// `metadata.name` of the pod.
    pub(crate) pod: String,
    /// The report; `None` if the agent does not answer, or if the answer cannot be parsed.
    pub(crate) report: Option<BackupReport>,
}
