//! Orders of the spec to change the state itself. Each is carried out once: it names the store and
//! the timeline that it is meant for, and begins another.

use dataflow::placement;
use dataflow::spec::{ActionKind, RecoveryAction};
use dataflow::status::{LastAction, StoreChangeKind};
use dataflow::validate::NO_STORE;

use super::claims::alive;
use crate::observed::{
    DesiredStore, Goal, LedgerState, Observed, Pending, RevisionRef, StoreLedger,
};

/// Whether the spec's action has to be carried out before a gang of this goal may run.
pub(crate) fn is_due(observed: &Observed, which: RevisionRef, goal: &Goal) -> bool {
    match &observed.last_status.ledger {
        LedgerState::Known(ledger) => {
            goal.store.is_some() && due(observed, which, ledger).is_some()
        }
        LedgerState::Unknown | LedgerState::Unreadable(_) => false,
    }
}

/// The action, if it is meant for the store as it is now.
///
/// It belongs to the spec it stands in: what ran before goes on with the state it has.
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
    let meant = action.expect.store_id == ledger.id
        && action.expect.timeline.as_ref() == Some(&ledger.timeline);
    let possible = match (action.kind, &ledger.pending) {
        (ActionKind::Adopt, None) => ledger.detached,
        (ActionKind::DropSteps, None) => !ledger.detached,
        // Nothing that is half done matters any more.
        (ActionKind::Restore | ActionKind::Reset, None) => true,
        (ActionKind::Restore | ActionKind::Reset, Some(pending)) => !is_of(pending, action),
        (ActionKind::Adopt | ActionKind::DropSteps, Some(_)) => false,
    };
    (meant && possible).then_some(action)
}

/// A backup of a store that nothing here knows of.
pub(super) struct Elsewhere<'a> {
    /// The store that it is of.
    pub(super) store: String,
    /// The timeline that it is of.
    pub(super) timeline: String,
    /// The order to restore it.
    pub(super) action: &'a RecoveryAction,
}

/// The order to begin with a backup from another place; why it cannot be followed.
pub(super) fn from_elsewhere(
    observed: &Observed,
    which: RevisionRef,
) -> Option<Result<Elsewhere<'_>, String>> {
    let action = observed
        .store
        .action
        .as_ref()
        .filter(|_| which == RevisionRef::Target)?;
    if action.expect.store_id != NO_STORE {
        return None;
    }
    let point = action.point.as_deref().unwrap_or_default();
    let words: Vec<&str> = point.split('/').collect();
    let [_, _, store, timeline, _] = words[..] else {
        return Some(Err(format!(
            "spec.recovery.action.point: `{point}` does not say whose backup it is; write it in \
             full, as NAMESPACE/NAME/STORE/TIMELINE/EPOCH"
        )));
    };
    Some(Ok(Elsewhere {
        store: store.to_owned(),
        timeline: timeline.to_owned(),
        action,
    }))
}

/// Whether what is on the volumes counts for nothing any more.
pub(super) fn discards(observed: &Observed, which: RevisionRef, ledger: &StoreLedger) -> bool {
    let begun = ledger.pending.as_ref().is_some_and(|pending| {
        matches!(
            pending.kind,
            StoreChangeKind::Restore | StoreChangeKind::Reset
        )
    });
    let ordered = due(observed, which, ledger)
        .is_some_and(|action| matches!(action.kind, ActionKind::Restore | ActionKind::Reset));
    begun || ordered
}

/// Whether a store that was left is used again.
pub(super) fn readopts(observed: &Observed, which: RevisionRef, ledger: &StoreLedger) -> bool {
    let kind = |action: &LastAction| action.kind == ActionKind::Adopt;
    let begun = ledger.pending.as_ref().and_then(|it| it.action.as_deref());
    begun.is_some_and(kind)
        || due(observed, which, ledger).is_some_and(|it| it.kind == ActionKind::Adopt)
}

/// The ledger once the action has been begun.
pub(super) fn begun(
    observed: &Observed,
    goal: &Goal,
    desired: DesiredStore,
    ledger: &StoreLedger,
    action: &RecoveryAction,
) -> StoreLedger {
    let timeline = next_timeline(&ledger.timeline, &observed.store.fresh_id);
    let anew = || {
        let volumes = placement::volumes(desired.single_volume, goal.size);
        placement::initial(desired.partitions, &volumes)
    };
    let (kind, places) = match action.kind {
        ActionKind::Restore => (StoreChangeKind::Restore, anew()),
        ActionKind::Reset => (StoreChangeKind::Reset, anew()),
        // A store that is used again drops nothing, and gets a timeline of its own.
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

/// The timeline after another one.
pub(super) fn next_timeline(timeline: &str, fresh_id: &str) -> String {
    let number: u64 = timeline
        .split_once('-')
        .and_then(|(number, _)| number.parse().ok())
        .unwrap_or(0);
    format!("{}-{}", number + 1, digits(fresh_id))
}

/// Eight hex digits that nobody has drawn before.
pub(super) fn digits(fresh_id: &str) -> String {
    let hex = fresh_id.chars().filter(char::is_ascii_hexdigit);
    hex.take(8).collect()
}

/// Whether a change that is under way is this action's.
pub(super) fn is_of(pending: &Pending, action: &RecoveryAction) -> bool {
    pending.action.as_ref().is_some_and(|it| same(it, action))
}

fn same(done: &LastAction, action: &RecoveryAction) -> bool {
    done.kind == action.kind
        && done.point == action.point
        && done.steps == action.steps
        && done.expect == action.expect
}

/// Why the spec's action has no effect, if it has none and never had.
#[must_use]
pub(crate) fn not_done(observed: &Observed) -> Option<String> {
    let action = observed.store.action.as_ref()?;
    let LedgerState::Known(ledger) = &observed.last_status.ledger else {
        return None;
    };
    let done = ledger
        .last_action
        .as_ref()
        .is_some_and(|it| same(it, action));
    let under_way = ledger.pending.as_ref().is_some_and(|it| is_of(it, action));
    if done || under_way || due(observed, RevisionRef::Target, ledger).is_some() {
        return None;
    }
    let expected = &action.expect;
    Some(format!(
        "spec.recovery.action is meant for store {} on timeline {}, and this is store {} on timeline \
         {}; nothing is done",
        expected.store_id,
        expected.timeline.as_deref().unwrap_or("(none)"),
        ledger.id,
        ledger.timeline
    ))
}
