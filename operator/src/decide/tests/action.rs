//! Orders of the spec to change the state.

use dataflow::spec::{ActionKind, ExpectedStore, RecoveryAction};
use dataflow::status::{LastAction, StoreChangeKind};

use super::super::recovery::not_done;
use super::recovery::{ID, SPREAD, at_rest, claim, held, ledger, ready, store_pod};
use super::*;
use crate::observed::{DesiredBackup, LastBackup, LedgerState, StoreLedger, StoreProgress};

const TIMELINE: &str = "1-0b7c4a52";
const NEXT: &str = "2-0b7c4a52";

fn action(kind: ActionKind, timeline: &str) -> RecoveryAction {
    let steps = (kind == ActionKind::DropSteps).then(|| "flow.count".to_owned());
    RecoveryAction {
        kind,
        point: None,
        steps: steps.into_iter().collect(),
        expect: ExpectedStore {
            store_id: ID.to_owned(),
            timeline: Some(timeline.to_owned()),
        },
    }
}

/// The store at rest, and an action of the spec.
fn ordered(kind: ActionKind) -> Observed {
    with(ready(2, ledger(SPREAD, None)), |observed| {
        observed.store.action = Some(action(kind, TIMELINE));
    })
}

/// Two processes run on the store.
pub(super) fn running(observed: &mut Observed) {
    observed.running = observed.target.goal().cloned();
    observed.gang = Ownership::Owned(gang(OLD, 2, 2));
    observed.pods = vec![pod(0, OLD, 2), pod(1, OLD, 2)];
}

pub(super) fn known(observed: &mut Observed) -> &mut StoreLedger {
    match &mut observed.last_status.ledger {
        LedgerState::Known(ledger) => ledger,
        _ => unreachable!(),
    }
}

/// The same, with the action begun.
fn begun(kind: ActionKind) -> Observed {
    let decision = decided(&ordered(kind));
    let Operation::Store(_, StoreOperation::WriteLedger { ledger, .. }) = decision.operation else {
        panic!("{decision:?}");
    };
    with(ordered(kind), |observed| *known(observed) = ledger)
}

#[rstest]
#[case(ActionKind::Reset, "WriteLedger 2 Reset [0, 1, 0, 1]")]
#[case(ActionKind::Restore, "WriteLedger 2 Restore [0, 1, 0, 1]")]
#[case(ActionKind::DropSteps, "WriteLedger 2 DropSteps [0, 1, 0, 1]")]
fn an_action_stops_all_then_is_noted_then_done(#[case] kind: ActionKind, #[case] noted: &str) {
    let up = with(ordered(kind), running);
    check(&up, "Stop", Reconciling, Reason::Stopping);
    check(&ordered(kind), noted, Reconciling, Reason::ChangingStore);
    let mut observed = begun(kind);
    let pod = noted.split(' ').nth(2).unwrap();
    check(
        &observed,
        &format!("CreatePod {pod} 0 [0, 1]"),
        Reconciling,
        Reason::ChangingStore,
    );
    observed.store.pods = vec![store_pod(2, 0, StoreProgress::Done)];
    let decision = decided(&observed);
    let Operation::Store(_, StoreOperation::WriteLedger { ledger, .. }) = decision.operation else {
        panic!("{decision:?}");
    };
    assert_eq!(ledger.timeline, NEXT);
    assert_eq!(ledger.last_action.as_ref().unwrap().kind, kind);
    assert_eq!(ledger.pending, None);
}

#[test]
fn an_action_that_is_done_is_not_done_again() {
    let observed = with(ordered(ActionKind::Reset), |observed| {
        let expect = action(ActionKind::Reset, TIMELINE).expect;
        let store = known(observed);
        store.timeline = NEXT.to_owned();
        store.last_action = Some(Box::new(LastAction {
            kind: ActionKind::Reset,
            point: None,
            steps: Vec::new(),
            expect,
            timeline: NEXT.to_owned(),
        }));
        running(observed);
    });
    check(&observed, "None", Ready, Reason::Running);
    assert_eq!(not_done(&observed), None);
}

#[test]
fn an_action_for_another_store_is_not_done_and_says_so() {
    let observed = with(ordered(ActionKind::Reset), |observed| {
        known(observed).timeline = "7-00000000".to_owned();
        running(observed);
    });
    check(&observed, "None", Ready, Reason::Running);
    let why = not_done(&observed).unwrap();
    assert!(why.contains("on timeline 7-00000000"), "{why}");
}

#[test]
fn what_ran_before_keeps_its_state_while_the_new_revision_is_refused() {
    let observed = with(ordered(ActionKind::Reset), |observed| {
        running(observed);
        let Target::Run(goal) = &mut observed.target else {
            unreachable!()
        };
        goal.revision = NEW.to_owned();
        observed.probes = vec![probe(
            NEW,
            ProbeOutcome::Failed("no such module".to_owned()),
        )];
    });
    check(&observed, "None", Stalled, Reason::ProbeFailed);
}

#[rstest]
#[case(ActionKind::Reset)]
#[case(ActionKind::Restore)]
fn a_lost_volume_is_made_anew(#[case] kind: ActionKind) {
    let observed = with(ordered(kind), |observed| claim(observed, 1).held = None);
    let decision = decided(&observed);
    let Operation::Store(_, StoreOperation::WriteLedger { ledger, .. }) = decision.operation else {
        panic!("{decision:?}");
    };
    assert_eq!(ledger.claims, [(0, "a".to_owned())].into());
    let mut observed = with(observed, |observed| *known(observed) = ledger);
    check(
        &observed,
        "CreateClaim 1",
        Reconciling,
        Reason::ChangingStore,
    );
    claim(&mut observed, 1).held = held("new", 2);
    let noted = format!("WriteLedger 2 {kind:?} [0, 1, 0, 1]");
    check(&observed, &noted, Reconciling, Reason::ChangingStore);
}

#[test]
fn a_volume_that_is_lost_meanwhile_begins_it_again_with_a_new_number() {
    let observed = with(begun(ActionKind::Reset), |observed| {
        claim(observed, 1).held = None
    });
    check(
        &observed,
        "WriteLedger 3 Reset [0, 1, 0, 1]",
        Reconciling,
        Reason::ChangingStore,
    );
}

#[test]
fn a_lost_volume_is_not_dropped_from_but_refused() {
    let observed = with(ordered(ActionKind::DropSteps), |observed| {
        claim(observed, 1).held = None;
    });
    check(&observed, "None", Stalled, Reason::StoreRefused);
    let up = with(observed, running);
    check(&up, "None", Stalled, Reason::StoreRefused);
}

/// A restore that cannot be done.
fn infeasible() -> Observed {
    with(begun(ActionKind::Restore), |observed| {
        let failing = StoreProgress::Failing("the copies lie too far apart".to_owned());
        observed.store.pods = vec![store_pod(2, 0, failing)];
    })
}

#[test]
fn a_backup_that_cannot_be_restored_is_told_until_it_is_taken_back() {
    check(&infeasible(), "None", Stalled, Reason::StoreRefused);
    let taken_back = with(infeasible(), |observed| observed.store.action = None);
    check(
        &taken_back,
        "WriteLedger 3 [0, 1, 0, 1]",
        Reconciling,
        Reason::ChangingStore,
    );
}

#[test]
fn another_action_takes_the_place_of_one_that_cannot_be_done() {
    let observed = with(infeasible(), |observed| {
        observed.store.action = Some(action(ActionKind::Reset, TIMELINE));
    });
    check(
        &observed,
        "WriteLedger 3 Reset [0, 1, 0, 1]",
        Reconciling,
        Reason::ChangingStore,
    );
}

#[test]
fn a_store_that_was_left_is_used_again_on_a_new_timeline() {
    let observed = with(ordered(ActionKind::Adopt), |observed| {
        known(observed).detached = true
    });
    let decision = check(
        &observed,
        "WriteLedger 2 DropSteps [0, 1, 0, 1] detached",
        Reconciling,
        Reason::ChangingStore,
    );
    let Operation::Store(_, StoreOperation::WriteLedger { ledger, .. }) = decision.operation else {
        unreachable!()
    };
    let observed = with(observed, |observed| {
        *known(observed) = ledger;
        observed.store.pods = vec![store_pod(2, 0, StoreProgress::Done)];
    });
    let noted = "WriteLedger 2 [0, 1, 0, 1]";
    check(&observed, noted, Reconciling, Reason::ChangingStore);
}

#[test]
fn a_store_in_use_needs_no_adoption() {
    let observed = with(ordered(ActionKind::Adopt), running);
    check(&observed, "None", Ready, Reason::Running);
    assert!(not_done(&observed).is_some());
}

/// Nothing is known, and a backup of another place is asked for.
fn from_elsewhere(point: &str) -> Observed {
    with(at_rest(2, LedgerState::Unknown), |observed| {
        observed.store.action = Some(RecoveryAction {
            kind: ActionKind::Restore,
            point: Some(point.to_owned()),
            steps: Vec::new(),
            expect: ExpectedStore {
                store_id: "none".to_owned(),
                timeline: None,
            },
        });
    })
}

#[test]
fn a_store_may_begin_with_a_backup_of_another_place() {
    let point = format!("shop/orders/{ID}/4-5f0c9a1e/17");
    let observed = from_elsewhere(&point);
    let noted = "WriteLedger 1 Restore [0, 1, 0, 1]";
    let decision = check(&observed, noted, Reconciling, Reason::ChangingStore);
    let Operation::Store(_, StoreOperation::WriteLedger { ledger, .. }) = decision.operation else {
        unreachable!()
    };
    assert_eq!(
        (ledger.id.as_str(), ledger.timeline.as_str()),
        (ID, "4-5f0c9a1e")
    );
    let job = ledger.change_spec(StoreChangeKind::Restore, 0, &[0, 1]);
    assert_eq!(job.parent.as_deref(), Some("4-5f0c9a1e"));
    assert_eq!(
        (job.store.timeline.as_str(), job.point),
        ("5-0b7c4a52", Some(point))
    );
    // The order has been carried out then, and is not one for another store.
    let observed = with(observed, |observed| {
        observed.last_status.ledger = LedgerState::Known(ledger)
    });
    assert_eq!(not_done(&observed), None);
}

#[test]
fn a_backup_of_nobody_begins_nothing() {
    let observed = from_elsewhere("4-5f0c9a1e/17");
    let decision = check(&observed, "None", Stalled, Reason::StoreRefused);
    let message = decision.summary.message;
    assert!(message.contains("NAMESPACE/NAME/STORE"), "{message}");
}

#[test]
fn a_store_that_was_left_holds_nothing_that_runs() {
    let observed = with(ready(2, ledger(SPREAD, None)), |observed| {
        let Target::Run(goal) = &mut observed.target else {
            unreachable!()
        };
        goal.store = None;
        running(observed);
        known(observed).detached = true;
        claim(observed, 1).held = None;
        observed.suspend = true;
    });
    check(&observed, "Stop", Reconciling, Reason::Stopping);
}

#[test]
fn a_reset_takes_a_last_backup_first() {
    let mut observed = with(ordered(ActionKind::Reset), running);
    let desired = DesiredBackup {
        interval: 30,
        retention: 120,
    };
    target_goal(&mut observed).backup = Some(desired);
    observed.running = observed.target.goal().cloned();
    check(&observed, "BackUp", Reconciling, Reason::Stopping);
    observed.backups.last = LastBackup::Settled(Ok(()));
    check(&observed, "Stop", Reconciling, Reason::Stopping);
}
