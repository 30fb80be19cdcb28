//! What every pass uses.

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

/// Everything a pass uses.
pub(crate) struct Context {
    /// The API server, behind the request limit.
    pub(crate) client: Client,
    /// What is known of the scope.
    pub(crate) caches: Caches,
    /// What observing needs.
    pub(crate) settings: Settings,
    /// The agents.
    pub(crate) agents: Agents,
    /// Where events go.
    pub(crate) recorder: Recorder,
    /// What keeps the operator from its work.
    pub(crate) health: Arc<Health>,
    /// What is counted.
    pub(crate) metrics: Arc<Metrics>,
    /// The clock.
    pub(crate) clock: fn() -> Timestamp,
    /// Errors in a row.
    pub(crate) failures: Failures,
    /// When agents were last asked how copies stand.
    pub(crate) backup_polls: BackupPolls,
    /// Copies that are being made before a stop.
    pub(crate) last_backups: LastBackups,
    /// Who wants a look.
    pub(crate) queue: Queue,
}
