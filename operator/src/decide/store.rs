//! The recovery store before a start: made once, moved when a process leaves, refused when it is
//! not what the ledger says. Nothing here happens while a process runs.
//!
//! The ledger is written first, always: a change that is not in it is not begun, and one that is in
//! it is finished, whoever comes next.

mod action;
mod adopt;
mod change;
mod growth;

use dataflow::plan;
use dataflow::status::Reason;

use super::{Decision, Standing, Step, StoreStep, Which};
use crate::observed::{Claim, Goal, Observed, StoreLedger, StoreRecord};
pub(super) use action::is_due;
pub use action::not_done;
pub(super) use adopt::from_gang;
use change::Change;
pub(super) use growth::meanwhile as grown_meanwhile;
pub use growth::not_resized;

/// Whether a gang may be started on the store.
#[expect(clippy::large_enum_variant, reason = "there is one for each pass")]
pub(super) enum Readiness {
    /// It may; this is what it is told. Nothing for a flow that keeps no state.
    Ready(Option<plan::Store>),
    /// Something must be done first, or waited for.
    NotYet(Decision),
}

/// Looks whether a gang may be started on the store, and if not what to do about it.
pub(super) fn before_start(o: &Observed, which: Which, goal: &Goal) -> Readiness {
    if let Some(standing) = refusal(o, which, goal) {
        return Readiness::NotYet(Decision::rest(standing).again(o, 30));
    }
    let change = Change { o, which, goal };
    match (&o.ledger.store, &goal.store) {
        (StoreRecord::Known(ledger), Some(wish)) => change.towards(ledger, *wish),
        (StoreRecord::Known(ledger), None) if !ledger.detached => {
            Readiness::NotYet(change.detach(ledger))
        }
        (_, None) => Readiness::Ready(None),
        (StoreRecord::Unknown | StoreRecord::Unreadable(_), Some(wish)) => {
            Readiness::NotYet(change.find(*wish))
        }
    }
}

/// Why a goal must not be started on the store as it is, nor anything be stopped for it.
pub(super) fn refusal(o: &Observed, which: Which, goal: &Goal) -> Option<Standing> {
    let ledger = match &o.ledger.store {
        StoreRecord::Unreadable(why) => {
            return Some(refused(format!("status.recovery cannot be read: {why}")));
        }
        StoreRecord::Unknown => return goal.store.and_then(|_| adopt::strangers(o)),
        StoreRecord::Known(ledger) => ledger,
    };
    // Without state nothing can be lost: the volumes stay as they are.
    goal.store?;
    if action::discards(o, which, ledger) {
        return None;
    }
    let left = ledger.detached && !action::readopts(o, which, ledger);
    if left {
        return Some(detached(ledger));
    }
    lost(o, ledger)
}

/// The Dataflow has run without state since, so that what the store holds is old.
fn detached(ledger: &StoreLedger) -> Standing {
    refused(format!(
        "spec.recovery.enabled was false for a while, and the store {id} (timeline {timeline}) was \
         left as it was; to go on from it order `spec.recovery.action` of type Adopt, to begin \
         with no state of type Reset, with `expect: {{storeId: {id}, timeline: {timeline}}}`",
        id = ledger.id,
        timeline = ledger.timeline
    ))
}

/// Why no process may be stopped: a volume lives only as long as the pods that use it.
pub(super) fn held_by_pods_alone(o: &Observed) -> Option<Standing> {
    match &o.ledger.store {
        // What runs beside a store that was left has nothing on its volumes.
        StoreRecord::Known(ledger) if ledger.detached => None,
        StoreRecord::Known(ledger) if action::discards(o, Which::Target, ledger) => None,
        StoreRecord::Known(ledger) => lost(o, ledger),
        StoreRecord::Unknown | StoreRecord::Unreadable(_) => None,
    }
}

/// Removes a pod that came too late: without a change under way there is nothing for it to do. An
/// old view of the world may have made it.
pub(super) fn leftover(o: &Observed) -> Option<Step> {
    let at_work = match &o.ledger.store {
        StoreRecord::Known(ledger) => ledger.pending.is_some(),
        StoreRecord::Unreadable(_) => true,
        StoreRecord::Unknown => false,
    };
    let pod = o.store.pods.iter().find(|pod| !pod.deleting && !at_work)?;
    let step = StoreStep::DeletePod(pod.name.clone(), pod.version.clone());
    Some(Step::Store(Which::Running, step))
}

/// Rests, once no such pod is left.
pub(super) fn rest(o: &Observed, standing: Standing) -> Decision {
    match leftover(o) {
        Some(step) => Decision::act(step, standing),
        None => Decision::rest(standing),
    }
}

/// A volume that holds state is not the one it was, or is about to go.
fn lost(o: &Observed, ledger: &StoreLedger) -> Option<Standing> {
    let occupied = ledger.occupied();
    let known = ledger
        .claims
        .iter()
        .filter(|(ordinal, _)| occupied.contains(ordinal));
    known
        .filter_map(|(ordinal, uid)| Some((o.store.claims.get(ordinal)?, uid)))
        .find_map(|(claim, uid)| lost_claim(claim, uid))
}

fn lost_claim(claim: &Claim, uid: &str) -> Option<Standing> {
    let name = &claim.name;
    let what = match &claim.held {
        None => "is gone".to_owned(),
        Some(held) if held.uid != *uid => {
            format!("is another one now (UID {}, it was {uid})", held.uid)
        }
        Some(held) if held.leaving => {
            "is being deleted and goes with the last pod that uses it".to_owned()
        }
        Some(_) => return None,
    };
    Some(refused(format!(
        "the claim {name} holds recovery partitions and {what}; bring its volume back under the \
         same claim, or order `spec.recovery.action` of type Restore or Reset"
    )))
}

fn refused(sentence: String) -> Standing {
    Standing::stalled(Reason::StoreRefused, sentence)
}

fn changing(sentence: impl Into<String>) -> Standing {
    Standing::progressing(Reason::ChangingStore, sentence)
}
