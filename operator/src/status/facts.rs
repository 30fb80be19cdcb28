//! What a status is made of.

use dataflow::name::DataflowName;
use dataflow::status::DataflowStatus;
use dataflow::validate::Warning;

use crate::decide::Decision;
use crate::observed::{Gang, Observed, Pod};

/// Everything a status is made of.
pub(crate) struct Facts<'a> {
    /// Name of the Dataflow, if it can have children.
    pub(crate) name: Option<&'a DataflowName>,
    /// Generation of the spec that was looked at.
    pub(crate) generation: i64,
    /// The status so far.
    pub(crate) previous: &'a DataflowStatus,
    /// Number of processes that the spec asks for.
    pub(crate) size: i32,
    /// What was observed.
    pub(crate) observed: &'a Observed,
    /// What was decided.
    pub(crate) decision: &'a Decision,
    /// What the spec holds that has no effect.
    pub(crate) warnings: &'a [Warning],
}

/// How many processes of the gang are connected.
pub(super) fn ready(observed: &Observed, gang: Option<&Gang>) -> i32 {
    let of_gang = |pod: &&Pod| {
        pod.ready && pod.deleting.is_none() && gang.is_some_and(|gang| gang.stamp == pod.stamp)
    };
    i32::try_from(observed.pods.iter().filter(of_gang).count()).unwrap_or(i32::MAX)
}
