//! Dependencies of every reconcile.

use std::sync::Arc;

use jiff::Timestamp;
use kube::Client;
use kube::runtime::events::Recorder;

use super::failures::Failures;
use crate::agents::Agents;
use crate::backup_polls::BackupPolls;
use crate::health::Health;
use crate::last_backups::LastBackups;
use crate::metrics::Metrics;
use crate::observe::{Caches, Settings};
use crate::queue::Queue;

/// Dependencies of every reconcile of one scope.
pub(crate) struct Context {
    /// Client of the API server, behind the request limit.
    pub(crate) client: Client,
    /// Caches of the scope.
    pub(crate) caches: Caches,
    /// Settings of `observe`.
    pub(crate) settings: Settings,
    /// Client of the agents.
    pub(crate) agents: Agents,
    /// Publisher of Kubernetes events.
    pub(crate) recorder: Recorder,
    /// Open problems of the operator.
    pub(crate) health: Arc<Health>,
    /// Metrics of the operator.
    pub(crate) metrics: Arc<Metrics>,
    /// Clock.
    pub(crate) clock: fn() -> Timestamp,
    /// Consecutive errors of each Dataflow.
    pub(crate) failures: Failures,
    /// Times at which agents were last polled for their backup status.
    pub(crate) backup_polls: BackupPolls,
    /// Backups that run before a stop.
    pub(crate) last_backups: LastBackups,
    /// Queue of Dataflows that are due for a reconcile.
    pub(crate) queue: Queue,
}
