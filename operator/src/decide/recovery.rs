//! The recovery store before a start: made once, moved when a process leaves, refused when it is
//! not what the ledger says. Nothing here happens while a process runs.
//!
//! The ledger is written first, always: a change that is not in it is not begun, and one that is in
//! it is finished, whoever comes next.

mod action;
mod change;
mod claims;
mod growth;
mod open;
mod readiness;
mod rebuild_ledger;
mod subject;
mod summary;
mod volume_scan;

pub(super) use action::is_due;
pub(crate) use action::not_done;
pub(super) use growth::grow_if_idle;
pub(crate) use growth::not_resized;
pub(super) use readiness::Readiness;
pub(super) use rebuild_ledger::from_gang as ledger_from_gang;

use super::decision::Decision;
use super::operation::{Operation, StoreOperation};
use super::summary::Summary;
use crate::observed::{Goal, LedgerState, Observed, RevisionRef, StoreLedger};
use claims::lost;
use subject::Subject;
use summary::refused;

/// Looks whether a gang may be started on the store, and if not what to do about it.
pub(super) fn before_start(observed: &Observed, which: RevisionRef, goal: &Goal) -> Readiness {
    if let Some(summary) = refusal(observed, which, goal) {
        return Readiness::NotYet(Decision::idle(summary).requeue_after(observed, 30).into());
    }
    let subject = Subject {
        observed,
        which,
        goal,
    };
    match (&observed.last_status.ledger, &goal.store) {
        (LedgerState::Known(ledger), Some(desired)) => {
            change::reconcile_store(&subject, ledger, *desired)
        }
        (LedgerState::Known(ledger), None) if !ledger.detached => {
            Readiness::NotYet(change::detach(&subject, ledger).into())
        }
        (_, None) => Readiness::Ready(None),
        (LedgerState::Unknown | LedgerState::Unreadable(_), Some(desired)) => {
            Readiness::NotYet(rebuild_ledger::from_volumes(&subject, *desired))
        }
    }
}

/// Why a goal must not be started on the store as it is, nor anything be stopped for it.
pub(super) fn refusal(observed: &Observed, which: RevisionRef, goal: &Goal) -> Option<Summary> {
    let ledger = match &observed.last_status.ledger {
        LedgerState::Unreadable(why) => {
            return Some(refused(format!("status.recovery cannot be read: {why}")));
        }
        LedgerState::Unknown => {
            return goal
                .store
                .and_then(|_| rebuild_ledger::foreign_volumes(observed));
        }
        LedgerState::Known(ledger) => ledger,
    };
    // Without state nothing can be lost: the volumes stay as they are.
    goal.store?;
    if action::discards(observed, which, ledger) {
        return None;
    }
    let left = ledger.detached && !action::readopts(observed, which, ledger);
    if left {
        return Some(detached(ledger));
    }
    lost(observed, ledger)
}

/// The Dataflow has run without state since, so that what the store holds is old.
fn detached(ledger: &StoreLedger) -> Summary {
    refused(format!(
        "spec.recovery.enabled was false for a while, and the store {id} (timeline {timeline}) was \
         left as it was; to go on from it order `spec.recovery.action` of type Adopt, to begin \
         with no state of type Reset, with `expect: {{storeId: {id}, timeline: {timeline}}}`",
        id = ledger.id,
        timeline = ledger.timeline
    ))
}

/// Why no process may be stopped: a volume lives only as long as the pods that use it.
pub(super) fn held_by_pods_alone(observed: &Observed) -> Option<Summary> {
    match &observed.last_status.ledger {
        // What runs beside a store that was left has nothing on its volumes.
        LedgerState::Known(ledger) if ledger.detached => None,
        LedgerState::Known(ledger) if action::discards(observed, RevisionRef::Target, ledger) => {
            None
        }
        LedgerState::Known(ledger) => lost(observed, ledger),
        LedgerState::Unknown | LedgerState::Unreadable(_) => None,
    }
}

/// Removes a pod that came too late: without a change under way there is nothing for it to do. An
/// old view of the world may have made it.
pub(super) fn leftover(observed: &Observed) -> Option<Operation> {
    let at_work = match &observed.last_status.ledger {
        LedgerState::Known(ledger) => ledger.pending.is_some(),
        LedgerState::Unreadable(_) => true,
        LedgerState::Unknown => false,
    };
    let pod = observed
        .store
        .pods
        .iter()
        .find(|pod| !pod.deleting && !at_work)?;
    let operation = StoreOperation::DeletePod(pod.name.clone(), pod.version.clone());
    Some(Operation::Store(RevisionRef::Running, operation))
}

/// Rests, once no such pod is left.
pub(super) fn idle(observed: &Observed, summary: Summary) -> Decision {
    match leftover(observed) {
        Some(operation) => Decision::act(operation, summary),
        None => Decision::idle(summary),
    }
}
