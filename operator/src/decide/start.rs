//! Starts a gang that has 0 replicas: waits until every old pod is gone, whoever owns it, then starts all processes
//! with one write.
//!
//! Race: the cache may not show an old pod. So the pods are listed from the API server before the start.

use dataflow::plan::StoreLayout;
use dataflow::status::Reason;

use super::decision::{Decision, Next};
use super::operation::Operation;
use super::question::Question;
use super::recovery::{self, Readiness};
use super::summary::Summary;
use super::timeouts::{TERMINATION_TIMEOUT, after};
use crate::observed::{Gang, Goal, Observed, Pod, RevisionRef};

/// The pause between two checks for old pods, in seconds. The last pod may go without an event that the cache shows.
const CHECK_PAUSE: i64 = 2;

/// Returns the next operation for a goal whose gang has no replicas.
pub(super) fn decide(
    observed: &Observed,
    which: RevisionRef,
    goal: &Goal,
    gang: Option<&Gang>,
) -> Next {
    let stopping = Summary::reconciling(Reason::Stopping, "waiting for all old processes to stop");
    if gang.is_some_and(|gang| !gang.settled || gang.existing > 0) {
        return wait_for(observed, &observed.pods, stopping).into();
    }
    if !observed.pods.is_empty() {
        return wait_for(observed, &observed.pods, stopping).into();
    }
    // Race: the cache may lag behind the API server.
    match &observed.answers.pods {
        None => Next::Ask(Question::Pods),
        Some(pods) if !pods.is_empty() => wait_for(observed, pods, stopping).into(),
        Some(_) => match recovery::before_start(observed, which, goal) {
            Readiness::Ready(store) => go(observed, which, goal, gang, store).into(),
            Readiness::NotYet(next) => next,
        },
    }
}

/// Returns the write that starts all processes, or the removal of a `StatefulSet` that cannot be changed into it.
fn go(
    observed: &Observed,
    which: RevisionRef,
    goal: &Goal,
    gang: Option<&Gang>,
    store: Option<StoreLayout>,
) -> Decision {
    let summary = Summary::reconciling(Reason::Starting, starting(goal));
    let own_volumes = goal.store.is_some_and(|desired| !desired.single_volume);
    if let Some(gang) = gang.filter(|gang| gang.own_volumes != own_volumes) {
        return Decision::act(Operation::RemoveSet(gang.version.clone()), summary);
    }
    let operation = Operation::Start {
        which,
        set: gang.map(|gang| gang.version.clone()),
        dataflow: observed.dataflow.clone(),
        above: highest_start(observed, gang),
        store,
    };
    Decision::act(operation, summary)
}

/// Returns the message while processes start.
pub(super) fn starting(goal: &Goal) -> String {
    let plural = if goal.processes == 1 {
        "process"
    } else {
        "processes"
    };
    format!(
        "starting {} {plural} of revision {}",
        goal.processes, goal.revision
    )
}

/// Waits until `pods` are gone, and deletes those of them that have no controller.
///
/// No pod is force-deleted: a pod whose node does not answer may still run.
pub(super) fn wait_for(observed: &Observed, pods: &[Pod], stopping: Summary) -> Decision {
    if let Some(summary) = unreachable(observed, pods) {
        return Decision::idle(summary).requeue_after(observed, 30);
    }
    let controlled = |pod: &Pod| pod.controller.is_some();
    let left: Vec<&Pod> = pods
        .iter()
        .filter(|pod| pod.deleting.is_none() && !controlled(pod))
        .collect();
    if let Some(foreign) = left.iter().find(|pod| pod.stamp.is_none()) {
        return Decision::idle(Summary::name_taken(&format!("Pod {}", foreign.name)))
            .requeue_after(observed, 30);
    }
    if !left.is_empty() {
        // Pods of this Dataflow whose StatefulSet was deleted with `--cascade=orphan`: no controller deletes them.
        let orphans = left
            .iter()
            .map(|pod| (pod.name.clone(), pod.version.clone()))
            .collect();
        return Decision::act(Operation::DeletePods(orphans), stopping);
    }
    let grace_ends = pods
        .iter()
        .filter_map(|pod| pod.deleting)
        .map(|deleting| after(deleting, TERMINATION_TIMEOUT))
        .filter(|end| *end > observed.now)
        .min();
    let mut decision = Decision::idle(stopping).requeue_after(observed, CHECK_PAUSE);
    decision.requeue_no_later_than(grace_ends);
    decision
}

/// Returns the summary for a pod that still exists 60 s (`TERMINATION_TIMEOUT`) after its grace period, because its
/// node does not answer.
pub(super) fn unreachable(observed: &Observed, pods: &[Pod]) -> Option<Summary> {
    let lost = pods.iter().find(|pod| {
        pod.deleting
            .is_some_and(|deleting| observed.now >= after(deleting, TERMINATION_TIMEOUT))
    })?;
    let node = lost.node.as_deref().unwrap_or("no node");
    Some(Summary::stalled(
        Reason::PodUnreachable,
        format!(
            "pod {name} on node {node} does not terminate, and may still run there; bring the node back, \
             or, once it is certainly off, run kubectl delete pod {name} --force --grace-period=0",
            name = lost.name
        ),
    ))
}

fn highest_start(observed: &Observed, gang: Option<&Gang>) -> i64 {
    let stamped = gang
        .and_then(|gang| gang.stamp.as_ref())
        .map(|stamp| stamp.start);
    observed
        .last_status
        .start
        .into_iter()
        .chain(stamped)
        .max()
        .unwrap_or(0)
}
