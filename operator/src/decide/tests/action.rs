//! Recovery actions of the spec.

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

/// Returns a stopped gang with a complete store, and a recovery action in the spec.
fn requested(kind: ActionKind) -> Observed {
    with(ready(2, ledger(SPREAD, None)), |observed| {
        observed.store.action = Some(action(kind, TIMELINE));
    })
}

/// Lets two processes run on the store.
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

/// Returns the state of [`requested`] after the action was written to the ledger.
fn begun(kind: ActionKind) -> Observed {
    let decision = decided(&requested(kind));
    let Operation::Store(_, StoreOperation::WriteLedger { ledger, .. }) = decision.operation else {
        panic!("{decision:?}");
    };
    with(requested(kind), |observed| *known(observed) = ledger)
}

#[rstest]
#[case::reset(ActionKind::Reset, "WriteLedger 2 Reset [0, 1, 0, 1]")]
#[case::restore(ActionKind::Restore, "WriteLedger 2 Restore [0, 1, 0, 1]")]
#[case::drop_steps(ActionKind::DropSteps, "WriteLedger 2 DropSteps [0, 1, 0, 1]")]
fn action_stops_gang_before_store_changes(#[case] kind: ActionKind, #[case] written: &str) {
    let up = with(requested(kind), running);
    check(&up, "Stop", Reconciling, Reason::Stopping);
    check(
        &requested(kind),
        written,
        Reconciling,
        Reason::ChangingStore,
    );
    let mut observed = begun(kind);
    let pod = written.split(' ').nth(2).unwrap();
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
fn completed_action_does_not_run_again() {
    let observed = with(requested(ActionKind::Reset), |observed| {
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
fn action_for_other_timeline_is_reported_undone() {
    let observed = with(requested(ActionKind::Reset), |observed| {
        known(observed).timeline = "7-00000000".to_owned();
        running(observed);
    });
    check(&observed, "None", Ready, Reason::Running);
    let why = not_done(&observed).unwrap();
    assert!(why.contains("on timeline 7-00000000"), "{why}");
}

#[test]
fn running_revision_keeps_state_while_new_is_refused() {
    let observed = with(requested(ActionKind::Reset), |observed| {
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
#[case::reset(ActionKind::Reset)]
#[case::restore(ActionKind::Restore)]
fn action_recreates_missing_pvc(#[case] kind: ActionKind) {
    let observed = with(requested(kind), |observed| claim(observed, 1).held = None);
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
    let written = format!("WriteLedger 2 {kind:?} [0, 1, 0, 1]");
    check(&observed, &written, Reconciling, Reason::ChangingStore);
}

#[test]
fn pvc_lost_during_reset_raises_change_number() {
    let observed = with(begun(ActionKind::Reset), |observed| {
        claim(observed, 1).held = None;
    });
    check(
        &observed,
        "WriteLedger 3 Reset [0, 1, 0, 1]",
        Reconciling,
        Reason::ChangingStore,
    );
}

#[test]
fn drop_steps_is_refused_while_pvc_is_missing() {
    let observed = with(requested(ActionKind::DropSteps), |observed| {
        claim(observed, 1).held = None;
    });
    check(&observed, "None", Stalled, Reason::StoreRefused);
    let up = with(observed, running);
    check(&up, "None", Stalled, Reason::StoreRefused);
}

/// Returns a restore whose store pod fails.
fn infeasible() -> Observed {
    with(begun(ActionKind::Restore), |observed| {
        let failing = StoreProgress::Failing("the copies lie too far apart".to_owned());
        observed.store.pods = vec![store_pod(2, 0, failing)];
    })
}

#[test]
fn failed_restore_is_reported_until_withdrawn() {
    check(&infeasible(), "None", Stalled, Reason::StoreRefused);
    let withdrawn = with(infeasible(), |observed| observed.store.action = None);
    check(
        &withdrawn,
        "WriteLedger 3 [0, 1, 0, 1]",
        Reconciling,
        Reason::ChangingStore,
    );
}

#[test]
fn new_action_replaces_failed_restore() {
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
fn detached_store_is_adopted_on_new_timeline() {
    let observed = with(requested(ActionKind::Adopt), |observed| {
        known(observed).detached = true;
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
    let written = "WriteLedger 2 [0, 1, 0, 1]";
    check(&observed, written, Reconciling, Reason::ChangingStore);
}

#[test]
fn store_in_use_is_not_adopted() {
    let observed = with(requested(ActionKind::Adopt), running);
    check(&observed, "None", Ready, Reason::Running);
    assert!(not_done(&observed).is_some());
}

/// Returns a Dataflow without a store, whose spec requests a backup of another store.
fn foreign_backup(point: &str) -> Observed {
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
fn new_store_begins_with_backup_of_another_store() {
    let point = format!("shop/orders/{ID}/4-5f0c9a1e/17");
    let observed = foreign_backup(&point);
    let written = "WriteLedger 1 Restore [0, 1, 0, 1]";
    let decision = check(&observed, written, Reconciling, Reason::ChangingStore);
    let Operation::Store(_, StoreOperation::WriteLedger { ledger, .. }) = decision.operation else {
        unreachable!()
    };
    assert_eq!(
        (ledger.id.as_str(), ledger.timeline.as_str()),
        (ID, "4-5f0c9a1e")
    );
    let change = ledger.change_spec(StoreChangeKind::Restore, 0, &[0, 1]);
    assert_eq!(change.parent.as_deref(), Some("4-5f0c9a1e"));
    assert_eq!(
        (change.store.timeline.as_str(), change.point),
        ("5-0b7c4a52", Some(point))
    );
    // The action is in the ledger, so it is not reported as one for another store.
    let observed = with(observed, |observed| {
        observed.last_status.ledger = LedgerState::Known(ledger);
    });
    assert_eq!(not_done(&observed), None);
}

#[test]
fn restore_point_without_dataflow_name_is_refused() {
    let observed = foreign_backup("4-5f0c9a1e/17");
    let decision = check(&observed, "None", Stalled, Reason::StoreRefused);
    let message = decision.summary.message;
    assert!(message.contains("NAMESPACE/NAME/STORE"), "{message}");
}

#[test]
fn gang_beside_detached_store_can_be_stopped() {
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
fn reset_is_preceded_by_backup() {
    let mut observed = with(requested(ActionKind::Reset), running);
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
