//! Prepares the recovery store for a start: creates it once, changes its placement, and refuses a store that does not
//! match its ledger. Except for the growth of volumes, nothing here happens while a process runs.
//!
//! Order: the ledger is written first. A store change that is not in the ledger is not begun, and one that is in the
//! ledger is finished, also by another operator.
//!
//! | ledger | state is desired | next |
//! |---|---|---|
//! | known | yes | `change`: finish or begin a store change, else ready |
//! | known, not detached | no | `change`: detach the store |
//! | known and detached, or unknown | no | ready, without a store |
//! | unknown | yes | `rebuild_ledger`, or `create` if there is no PVC |
//! | unreadable | | refused |
//!
//! Begin at [`before_start`].

mod action;
mod change;
mod claims;
mod create;
mod growth;
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

/// Returns the layout for the start, or what must be done to the store before.
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

/// Returns the reason why a goal cannot be started on the store as it is. No running gang is stopped for such a goal.
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
    // A goal without state cannot lose any: the volumes stay unchanged.
    goal.store?;
    if action::discards(observed, which, ledger) {
        return None;
    }
    let left = ledger.detached && !action::adopts(observed, which, ledger);
    if left {
        return Some(detached(ledger));
    }
    lost(observed, ledger)
}

/// Returns the refusal of a detached store. Its state is old, because the Dataflow has run without state since.
fn detached(ledger: &StoreLedger) -> Summary {
    refused(format!(
        "spec.recovery.enabled was false for some time, and store {id} (timeline {timeline}) was not \
         used; to resume from it, set `spec.recovery.action` of type Adopt, or, to start without \
         state, of type Reset, with `expect: {{storeId: {id}, timeline: {timeline}}}`",
        id = ledger.id,
        timeline = ledger.timeline
    ))
}

/// Returns the reason why no process may be stopped: a PVC with state is missing, replaced or terminating. Its
/// volume exists only as long as the pods that use it.
pub(super) fn held_by_pods_alone(observed: &Observed) -> Option<Summary> {
    match &observed.last_status.ledger {
        // The running gang does not use a detached store.
        LedgerState::Known(ledger) if ledger.detached => None,
        LedgerState::Known(ledger) if action::discards(observed, RevisionRef::Target, ledger) => {
            None
        }
        LedgerState::Known(ledger) => lost(observed, ledger),
        LedgerState::Unknown | LedgerState::Unreadable(_) => None,
    }
}

/// Returns the deletion of a store pod without a pending change.
///
/// Race: an operator with an old cache may have created it after the change was completed.
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

/// Returns the decision to be idle, once no such store pod is left.
pub(super) fn idle(observed: &Observed, summary: Summary) -> Decision {
    match leftover(observed) {
        Some(operation) => Decision::act(operation, summary),
        None => Decision::idle(summary),
    }
}
