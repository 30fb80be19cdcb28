//! Recovery actions of the spec (`spec.recovery.action`): restore, reset, drop steps, adopt.
//!
//! An action runs once: it names the store and the timeline that it expects, and starts a new timeline.

use dataflow::placement;
use dataflow::spec::{ActionKind, RecoveryAction};
use dataflow::status::{LastAction, StoreChangeKind};
use dataflow::validate::NO_STORE;

use super::claims::alive;
use crate::observed::{
    DesiredStore, Goal, LedgerState, Observed, Pending, RevisionRef, StoreLedger,
};

/// Whether the recovery action must run before a gang of this goal may run.
pub(crate) fn is_due(observed: &Observed, which: RevisionRef, goal: &Goal) -> bool {
    match &observed.last_status.ledger {
        LedgerState::Known(ledger) => {
            goal.store.is_some() && due(observed, which, ledger).is_some()
        }
        LedgerState::Unknown | LedgerState::Unreadable(_) => false,
    }
}

/// Returns the recovery action if it expects the store as it is now.
///
/// An action applies to the desired revision only. The running revision continues with the state that it has.
pub(super) fn due<'a>(
    observed: &'a Observed,
    which: RevisionRef,
    ledger: &StoreLedger,
) -> Option<&'a RecoveryAction> {
    let action = observed
        .store
        .action
        .as_ref()
        .filter(|_| which == RevisionRef::Target)?;
    let expected = action.expect.store_id == ledger.id
        && action.expect.timeline.as_ref() == Some(&ledger.timeline);
    let possible = match (action.kind, &ledger.pending) {
        (ActionKind::Adopt, None) => ledger.detached,
        (ActionKind::DropSteps, None) => !ledger.detached,
        // A restore or reset replaces all state, so it may follow a change that was not completed.
        (ActionKind::Restore | ActionKind::Reset, None) => true,
        (ActionKind::Restore | ActionKind::Reset, Some(pending)) => !is_of(pending, action),
        (ActionKind::Adopt | ActionKind::DropSteps, Some(_)) => false,
    };
    (expected && possible).then_some(action)
}

/// A backup of another store, from which a new store begins.
pub(super) struct ForeignBackup<'a> {
    /// The identity of the store that was backed up.
    pub(super) store: String,
    /// The timeline that was backed up.
    pub(super) timeline: String,
    /// The recovery action that restores it.
    pub(super) action: &'a RecoveryAction,
}

/// Returns the backup of another store that the recovery action restores into a new store.
///
/// The error is the reason why the action cannot run. `None` if no such action is set.
pub(super) fn foreign_backup(
    observed: &Observed,
    which: RevisionRef,
) -> Option<Result<ForeignBackup<'_>, String>> {
    let action = observed
        .store
        .action
        .as_ref()
        .filter(|_| which == RevisionRef::Target)?;
    if action.expect.store_id != NO_STORE {
        return None;
    }
    let point = action.point.as_deref().unwrap_or_default();
    let segments: Vec<&str> = point.split('/').collect();
    let [_, _, store, timeline, _] = segments[..] else {
        return Some(Err(format!(
            "spec.recovery.action.point: `{point}` does not name the Dataflow of the backup; write it \
             as NAMESPACE/NAME/STORE/TIMELINE/EPOCH"
        )));
    };
    Some(Ok(ForeignBackup {
        store: store.to_owned(),
        timeline: timeline.to_owned(),
        action,
    }))
}

/// Whether the state on the volumes is or will be replaced, so that it need not be complete.
pub(super) fn discards(observed: &Observed, which: RevisionRef, ledger: &StoreLedger) -> bool {
    let begun = ledger.pending.as_ref().is_some_and(|pending| {
        matches!(
            pending.kind,
            StoreChangeKind::Restore | StoreChangeKind::Reset
        )
    });
    let requested = due(observed, which, ledger)
        .is_some_and(|action| matches!(action.kind, ActionKind::Restore | ActionKind::Reset));
    begun || requested
}

/// Whether a detached store is adopted.
pub(super) fn adopts(observed: &Observed, which: RevisionRef, ledger: &StoreLedger) -> bool {
    let kind = |action: &LastAction| action.kind == ActionKind::Adopt;
    let begun = ledger
        .pending
        .as_ref()
        .and_then(|pending| pending.action.as_deref());
    begun.is_some_and(kind)
        || due(observed, which, ledger).is_some_and(|action| action.kind == ActionKind::Adopt)
}

/// Returns the ledger with the recovery action as its pending change.
pub(super) fn ledger_with_action(
    observed: &Observed,
    goal: &Goal,
    desired: DesiredStore,
    ledger: &StoreLedger,
    action: &RecoveryAction,
) -> StoreLedger {
    let timeline = next_timeline(&ledger.timeline, &observed.store.fresh_id);
    let new_placement = || {
        let volumes = placement::volumes(desired.single_volume, goal.processes);
        placement::initial(desired.partitions, &volumes)
    };
    let (kind, places) = match action.kind {
        ActionKind::Restore => (StoreChangeKind::Restore, new_placement()),
        ActionKind::Reset => (StoreChangeKind::Reset, new_placement()),
        // An adoption drops no steps. It uses the same kind of change because that starts a new timeline.
        ActionKind::DropSteps | ActionKind::Adopt => {
            (StoreChangeKind::DropSteps, ledger.places.clone())
        }
    };
    StoreLedger {
        change_number: ledger.change_number + 1,
        claims: match kind {
            StoreChangeKind::Restore | StoreChangeKind::Reset => alive(observed, ledger),
            _ => ledger.claims.clone(),
        },
        pending: Some(Pending {
            kind,
            places,
            timeline: Some(timeline.clone()),
            action: Some(Box::new(LastAction {
                kind: action.kind,
                point: action.point.clone(),
                steps: action.steps.clone(),
                expect: action.expect.clone(),
                timeline,
            })),
        }),
        ..ledger.clone()
    }
}

/// Returns a new timeline that follows `timeline`.
pub(super) fn next_timeline(timeline: &str, fresh_id: &str) -> String {
    let number: u64 = timeline
        .split_once('-')
        .and_then(|(number, _)| number.parse().ok())
        .unwrap_or(0);
    format!("{}-{}", number + 1, short_id(fresh_id))
}

/// Returns the first eight hex digits of a new random UUID.
pub(super) fn short_id(fresh_id: &str) -> String {
    let hex = fresh_id.chars().filter(char::is_ascii_hexdigit);
    hex.take(8).collect()
}

/// Whether the pending change was requested by this recovery action.
pub(super) fn is_of(pending: &Pending, action: &RecoveryAction) -> bool {
    pending
        .action
        .as_ref()
        .is_some_and(|done| same(done, action))
}

/// Whether a recorded action is this recovery action.
fn same(done: &LastAction, action: &RecoveryAction) -> bool {
    done.kind == action.kind
        && done.point == action.point
        && done.steps == action.steps
        && done.expect == action.expect
}

/// Returns the reason why the recovery action neither has run nor will run; `None` otherwise.
#[must_use]
pub(crate) fn not_done(observed: &Observed) -> Option<String> {
    let action = observed.store.action.as_ref()?;
    let LedgerState::Known(ledger) = &observed.last_status.ledger else {
        return None;
    };
    let done = ledger
        .last_action
        .as_ref()
        .is_some_and(|done| same(done, action));
    let under_way = ledger
        .pending
        .as_ref()
        .is_some_and(|pending| is_of(pending, action));
    if done || under_way || due(observed, RevisionRef::Target, ledger).is_some() {
        return None;
    }
    let expected = &action.expect;
    Some(format!(
        "spec.recovery.action expects store {} on timeline {}, but this is store {} on timeline {}; \
         the action does not run",
        expected.store_id,
        expected.timeline.as_deref().unwrap_or("(none)"),
        ledger.id,
        ledger.timeline
    ))
}
