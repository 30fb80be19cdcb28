//! From "scaled to 0" to a new gang: every old pod is gone, whoever owns it, then one write starts
//! all processes together.

use dataflow::plan::StoreLayout;
use dataflow::status::Reason;

use super::deed::{Decision, Deed};
use super::patience::{GRACE_PATIENCE, after};
use super::question::Question;
use super::standing::Standing;
use super::step::Step;
use super::store::{self, Readiness};
use crate::observed::{Gang, Goal, Observed, Pod, Which};

/// How often to look for a pod that neither the cache nor an event will tell us about, in seconds.
const LOOK_AGAIN: i64 = 2;

pub(super) fn decide(o: &Observed, which: Which, goal: &Goal, gang: Option<&Gang>) -> Decision {
    let stopping = Standing::progressing(Reason::Stopping, "waits until every old process is gone");
    if gang.is_some_and(|gang| !gang.settled || gang.existing > 0) {
        return wait_for(o, &o.pods, stopping).into();
    }
    if !o.pods.is_empty() {
        return wait_for(o, &o.pods, stopping).into();
    }
    // The cache may lag behind; only the API server knows.
    match &o.answers.pods {
        None => Decision::Ask(Question::Pods),
        Some(pods) if !pods.is_empty() => wait_for(o, pods, stopping).into(),
        Some(_) => match store::before_start(o, which, goal) {
            Readiness::Ready(store) => go(o, which, goal, gang, store).into(),
            Readiness::NotYet(decision) => decision,
        },
    }
}

/// The one write that starts all processes.
fn go(
    o: &Observed,
    which: Which,
    goal: &Goal,
    gang: Option<&Gang>,
    store: Option<StoreLayout>,
) -> Deed {
    let standing = Standing::progressing(Reason::Starting, starting(goal));
    let own_volumes = goal.store.is_some_and(|wish| !wish.single_volume);
    if let Some(gang) = gang.filter(|gang| gang.own_volumes != own_volumes) {
        return Deed::act(Step::RemoveSet(gang.version.clone()), standing);
    }
    let step = Step::Start {
        which,
        set: gang.map(|gang| gang.version.clone()),
        dataflow: o.dataflow.clone(),
        above: highest_start(o, gang),
        store,
    };
    Deed::act(step, standing)
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
pub(super) fn wait_for(o: &Observed, pods: &[Pod], stopping: Standing) -> Deed {
    if let Some(standing) = unreachable(o, pods) {
        return Deed::rest(standing).again(o, 30);
    }
    let controlled = |pod: &Pod| pod.controller.is_some();
    let left: Vec<&Pod> = pods
        .iter()
        .filter(|pod| pod.deleting.is_none() && !controlled(pod))
        .collect();
    if let Some(stranger) = left.iter().find(|pod| pod.stamp.is_none()) {
        return Deed::rest(Standing::name_taken(&format!("Pod {}", stranger.name))).again(o, 30);
    }
    if !left.is_empty() {
        // Our own pods whose StatefulSet was deleted without them: nobody else will stop them.
        let orphans = left
            .iter()
            .map(|pod| (pod.name.clone(), pod.version.clone()))
            .collect();
        return Deed::act(Step::DeletePods(orphans), stopping);
    }
    let grace_ends = pods
        .iter()
        .filter_map(|pod| pod.deleting)
        .map(|deleting| after(deleting, GRACE_PATIENCE))
        .filter(|end| *end > o.now)
        .min();
    let mut deed = Deed::rest(stopping).again(o, LOOK_AGAIN);
    deed.sooner(grace_ends);
    deed
}

/// A pod that has outlived its grace by a minute, on a node that does not answer.
pub(super) fn unreachable(o: &Observed, pods: &[Pod]) -> Option<Standing> {
    let lost = pods.iter().find(|pod| {
        pod.deleting
            .is_some_and(|deleting| o.now >= after(deleting, GRACE_PATIENCE))
    })?;
    let node = lost.node.as_deref().unwrap_or("no node");
    Some(Standing::stalled(
        Reason::PodUnreachable,
        format!(
            "pod {name} on node {node} does not go away, and may still run there; bring the node back, \
             or once it is certainly off: kubectl delete pod {name} --force --grace-period=0",
            name = lost.name
        ),
    ))
}

fn highest_start(o: &Observed, gang: Option<&Gang>) -> i64 {
    let stamped = gang
        .and_then(|gang| gang.stamp.as_ref())
        .map(|stamp| stamp.start);
    o.ledger.start.into_iter().chain(stamped).max().unwrap_or(0)
}
