//! From "scaled to 0" to a new gang: every old pod is gone, whoever owns it, then one write starts
//! all processes together.

use dataflow::plan::StoreLayout;
use dataflow::status::Reason;

use super::decision::{Decision, Next};
use super::operation::Operation;
use super::question::Question;
use super::recovery::{self, Readiness};
use super::summary::Summary;
use super::timeouts::{TERMINATION_TIMEOUT, after};
use crate::observed::{Gang, Goal, Observed, Pod, RevisionRef};

/// How often to look for a pod that neither the cache nor an event will tell us about, in seconds.
const LOOK_AGAIN: i64 = 2;

pub(super) fn decide(
    observed: &Observed,
    which: RevisionRef,
    goal: &Goal,
    gang: Option<&Gang>,
) -> Next {
    let stopping = Summary::reconciling(Reason::Stopping, "waits until every old process is gone");
    if gang.is_some_and(|gang| !gang.settled || gang.existing > 0) {
        return wait_for(observed, &observed.pods, stopping).into();
    }
    if !observed.pods.is_empty() {
        return wait_for(observed, &observed.pods, stopping).into();
    }
    // The cache may lag behind; only the API server knows.
    match &observed.answers.pods {
        None => Next::Ask(Question::Pods),
        Some(pods) if !pods.is_empty() => wait_for(observed, pods, stopping).into(),
        Some(_) => match recovery::before_start(observed, which, goal) {
            Readiness::Ready(store) => go(observed, which, goal, gang, store).into(),
            Readiness::NotYet(next) => next,
        },
    }
}

/// The one write that starts all processes.
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

/// The sentence while processes start.
pub(super) fn starting(goal: &Goal) -> String {
    let plural = if goal.size == 1 {
        "process"
    } else {
        "processes"
    };
    format!(
        "starts {} {plural} of revision {}",
        goal.size, goal.revision
    )
}

/// Waits for pods to go away. Never forces one: a pod whose node is silent may still run.
pub(super) fn wait_for(observed: &Observed, pods: &[Pod], stopping: Summary) -> Decision {
    if let Some(summary) = unreachable(observed, pods) {
        return Decision::idle(summary).requeue_after(observed, 30);
    }
    let controlled = |pod: &Pod| pod.controller.is_some();
    let left: Vec<&Pod> = pods
        .iter()
        .filter(|pod| pod.deleting.is_none() && !controlled(pod))
        .collect();
    if let Some(stranger) = left.iter().find(|pod| pod.stamp.is_none()) {
        return Decision::idle(Summary::name_taken(&format!("Pod {}", stranger.name)))
            .requeue_after(observed, 30);
    }
    if !left.is_empty() {
        // Our own pods whose StatefulSet was deleted without them: nobody else will stop them.
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
    let mut decision = Decision::idle(stopping).requeue_after(observed, LOOK_AGAIN);
    decision.requeue_no_later_than(grace_ends);
    decision
}

/// A pod that has outlived its grace by a minute, on a node that does not answer.
pub(super) fn unreachable(observed: &Observed, pods: &[Pod]) -> Option<Summary> {
    let lost = pods.iter().find(|pod| {
        pod.deleting
            .is_some_and(|deleting| observed.now >= after(deleting, TERMINATION_TIMEOUT))
    })?;
    let node = lost.node.as_deref().unwrap_or("no node");
    Some(Summary::stalled(
        Reason::PodUnreachable,
        format!(
            "pod {name} on node {node} does not go away, and may still run there; bring the node back, \
             or once it is certainly off: kubectl delete pod {name} --force --grace-period=0",
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
