//! Input of the status computation.

use dataflow::name::DataflowName;
use dataflow::status::DataflowStatus;
use dataflow::validate::Warning;

use crate::decide::Decision;
use crate::observed::{Gang, Observed, Pod};

/// Input of the status computation.
pub(crate) struct Facts<'a> {
    /// Name of the Dataflow, if it can have children.
    pub(crate) name: Option<&'a DataflowName>,
    /// Generation of the observed spec.
    pub(crate) generation: i64,
    /// Status before this reconcile.
    pub(crate) previous: &'a DataflowStatus,
    /// Number of processes in the spec.
    pub(crate) processes: i32,
    /// Observed state.
    pub(crate) observed: &'a Observed,
    /// Decided operation and summary.
    pub(crate) decision: &'a Decision,
    /// Parts of the spec that have no effect.
    pub(crate) warnings: &'a [Warning],
}

/// Returns the number of processes that are connected to all others.
pub(super) fn ready(observed: &Observed, gang: Option<&Gang>) -> i32 {
    let of_gang = |pod: &&Pod| {
        pod.ready && pod.deleting.is_none() && gang.is_some_and(|gang| gang.stamp == pod.stamp)
    };
    i32::try_from(observed.pods.iter().filter(of_gang).count()).unwrap_or(i32::MAX)
}
