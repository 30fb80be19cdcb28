//! The recovery store before a start: creation, changes and refusals.

use dataflow::placement::SHARED_VOLUME;
use dataflow::plan;
use dataflow::status::StoreChangeKind;

use super::*;
use crate::observed::{
    Claim, DesiredStore, HeldClaim, Pending, StoreLedger, StorePod, StoreProgress,
};

pub(super) const ID: &str = "0b7c4a52-7a52-4d0f-9d44-000000000001";

pub(super) fn ledger(places: &[u32], pending: Option<(StoreChangeKind, &[u32])>) -> StoreLedger {
    StoreLedger {
        id: ID.to_owned(),
        timeline: "1-0b7c4a52".to_owned(),
        change_number: 1,
        places: places.to_vec(),
        claims: BTreeMap::new(),
        pending: pending.map(|(kind, places)| Pending {
            kind,
            places: places.to_vec(),
            timeline: None,
            action: None,
        }),
        detached: false,
        last_action: None,
    }
}

/// Returns a stopped Dataflow with four partitions and no PVCs.
pub(super) fn at_rest(processes: i32, store: LedgerState) -> Observed {
    with(world(), |observed| {
        let mut goal = goal(OLD, processes);
        goal.store = Some(DesiredStore {
            partitions: 4,
            single_volume: false,
            volume_bytes: 1 << 30,
        });
        observed.target = Target::Run(goal.clone());
        observed.running = None;
        observed.gang = Ownership::Absent;
        observed.pods.clear();
        observed.answers.pods = Some(Vec::new());
        observed.last_status.ledger = store;
        observed.store.fresh_id = ID.to_owned();
        let name = |ordinal| format!("recovery-flow-{ordinal}");
        let claim = |ordinal| {
            (
                ordinal,
                Claim {
                    name: name(ordinal),
                    held: None,
                },
            )
        };
        observed.store.claims = (0..3).map(claim).collect();
    })
}

pub(super) fn held(uid: &str, change_number: i64) -> Option<HeldClaim> {
    Some(HeldClaim {
        uid: uid.to_owned(),
        made_for: Some((ID.to_owned(), change_number)),
        terminating: false,
        bytes: 1 << 30,
        growth_refused: None,
    })
}

pub(super) fn store_pod(change_number: i64, part: u32, progress: StoreProgress) -> StorePod {
    StorePod {
        name: format!("flow-store-{change_number}-{part}"),
        version: version("store"),
        change_number,
        part,
        deleting: false,
        progress,
    }
}

/// Returns a stopped Dataflow whose two PVCs exist and are in the ledger.
pub(super) fn ready(processes: i32, mut ledger: StoreLedger) -> Observed {
    ledger.claims = [(0, "a".to_owned()), (1, "b".to_owned())].into();
    with(at_rest(processes, LedgerState::Known(ledger)), |observed| {
        claim(observed, 0).held = held("a", 1);
        claim(observed, 1).held = held("b", 1);
    })
}

pub(super) fn claim(observed: &mut Observed, ordinal: u32) -> &mut Claim {
    observed.store.claims.get_mut(&ordinal).unwrap()
}

/// Lets the spec ask for one shared volume.
fn share(observed: &mut Observed) {
    let Target::Run(goal) = &mut observed.target else {
        unreachable!()
    };
    goal.store.as_mut().unwrap().single_volume = true;
    let name = "flow-recovery".to_owned();
    let free = Claim { name, held: None };
    observed.store.claims.insert(SHARED_VOLUME, free);
}

pub(super) const SPREAD: &[u32] = &[0, 1, 0, 1];

fn initialising() -> StoreLedger {
    ledger(&[], Some((StoreChangeKind::Initialise, SPREAD)))
}

#[rstest]
#[case::create_ledger(
    at_rest(2, LedgerState::Unknown),
    "WriteLedger 1 Initialise [0, 1, 0, 1]"
)]
#[case::create_first_pvc(at_rest(2, LedgerState::Known(initialising())), "CreateClaim 0")]
#[case::create_second_pvc(
    with(at_rest(2, LedgerState::Known(initialising())), |observed| claim(observed, 0).held = held("a", 1)),
    "CreateClaim 1"
)]
#[case::write_uids_of_pvcs(
    with(at_rest(2, LedgerState::Known(initialising())), |observed| {
        claim(observed, 0).held = held("a", 1);
        claim(observed, 1).held = held("b", 1);
    }),
    "WriteLedger 1 Initialise [0, 1, 0, 1]"
)]
#[case::initialise_first_volume(ready(2, initialising()), "CreatePod Initialise 0 [0]")]
#[case::initialise_second_volume(
    with(ready(2, initialising()), |observed| observed.store.pods = vec![store_pod(1, 0, StoreProgress::Done)]),
    "CreatePod Initialise 1 [1]"
)]
#[case::store_pod_is_running(
    with(ready(2, initialising()), |observed| observed.store.pods = vec![
        store_pod(1, 0, StoreProgress::Done), store_pod(1, 1, StoreProgress::Working)
    ]),
    "None"
)]
#[case::end_of_initialisation(
    with(ready(2, initialising()), |observed| observed.store.pods = vec![
        store_pod(1, 0, StoreProgress::Done), store_pod(1, 1, StoreProgress::Done)
    ]),
    "WriteLedger 1 [0, 1, 0, 1]"
)]
#[case::delete_store_pod_of_earlier_change(
    with(ready(2, initialising()), |observed| observed.store.pods = vec![store_pod(0, 0, StoreProgress::Working)]),
    "DeletePod flow-store-0-0"
)]
#[case::delete_store_pods_after_change(
    with(ready(2, ledger(SPREAD, None)), |observed| {
        observed.store.pods = vec![store_pod(1, 0, StoreProgress::Done)];
    }),
    "DeletePod flow-store-1-0"
)]
#[case::store_pod_is_terminating(
    with(ready(2, ledger(SPREAD, None)), |observed| {
        observed.store.pods = vec![StorePod { deleting: true, ..store_pod(1, 0, StoreProgress::Done) }];
    }),
    "None"
)]
#[case::third_process_needs_pvc(ready(3, ledger(SPREAD, None)), "CreateClaim 2")]
#[case::write_uid_of_third_pvc(
    with(ready(3, ledger(SPREAD, None)), |observed| claim(observed, 2).held = held("c", 1)),
    "WriteLedger 1 [0, 1, 0, 1]"
)]
#[case::one_process_less_moves_partitions(
    ready(1, ledger(SPREAD, None)),
    "WriteLedger 2 Move [0, 0, 0, 0]"
)]
#[case::move_in_one_store_pod(
    ready(1, ledger(SPREAD, Some((StoreChangeKind::Move, &[0, 0, 0, 0])))),
    "CreatePod Move 0 [0, 1]"
)]
#[case::pending_move_continues_at_old_size(
    ready(2, ledger(SPREAD, Some((StoreChangeKind::Move, &[0, 0, 0, 0])))),
    "CreatePod Move 0 [0, 1]"
)]
#[case::more_partitions(
    ready(2, ledger(&[0, 1], None)), "WriteLedger 2 Repartition [0, 1, 0, 1]"
)]
#[case::repartition_in_one_store_pod(
    ready(2, ledger(&[0, 1], Some((StoreChangeKind::Repartition, SPREAD)))),
    "CreatePod Repartition 0 [0, 1]"
)]
#[case::more_partitions_and_one_process_less(ready(1, ledger(&[0, 1], None)), "WriteLedger 2 Repartition [0, 0, 0, 0]")]
#[case::shared_volume(
    with(ready(2, ledger(SPREAD, None)), share),
    &format!("WriteLedger 2 Move {:?}", [SHARED_VOLUME; 4])
)]
#[case::create_shared_pvc(
    with(
        ready(2, ledger(SPREAD, Some((StoreChangeKind::Move, &[SHARED_VOLUME; 4])))),
        share
    ),
    &format!("CreateClaim {SHARED_VOLUME}")
)]
#[case::state_is_turned_off(
    with(ready(2, ledger(SPREAD, None)), |observed| observed.target = Target::Run(goal(OLD, 2))),
    "WriteLedger 1 [0, 1, 0, 1] detached"
)]
#[case::end_of_move(
    with(ready(1, ledger(SPREAD, Some((StoreChangeKind::Move, &[0, 0, 0, 0])))), |observed| {
        observed.store.pods = vec![store_pod(1, 0, StoreProgress::Done)];
    }),
    "WriteLedger 1 [0, 0, 0, 0]"
)]
fn store_change_continues_from_ledger_and_store_pods(
    #[case] observed: Observed,
    #[case] operation: &str,
) {
    check(&observed, operation, Reconciling, Reason::ChangingStore);
}

#[rstest]
#[case::ledger_of_newer_release(
    at_rest(2, LedgerState::Unreadable("its formatVersion is 2".to_owned())),
    "formatVersion"
)]
#[case::pvc_not_created_by_the_operator(
    with(at_rest(2, LedgerState::Known(initialising())), |observed| {
        claim(observed, 0).held = Some(HeldClaim { made_for: None, ..held("x", 1).unwrap() });
    }),
    "kubectl delete pvc recovery-flow-0"
)]
#[case::pvc_of_another_store(
    with(at_rest(2, LedgerState::Known(initialising())), |observed| {
        let other = Some(("other".to_owned(), 1));
        claim(observed, 0).held = Some(HeldClaim { made_for: other, ..held("x", 1).unwrap() });
    }),
    "was not created for this recovery store"
)]
#[case::pvc_is_missing(
    with(ready(2, ledger(SPREAD, None)), |observed| claim(observed, 1).held = None),
    "PVC recovery-flow-1 holds recovery partitions and no longer exists"
)]
#[case::pvc_was_replaced(
    with(ready(2, ledger(SPREAD, None)), |observed| claim(observed, 1).held = held("new", 1)),
    "was replaced (UID new, expected b)"
)]
#[case::pvc_was_replaced_during_initialisation(
    with(ready(2, initialising()), |observed| claim(observed, 1).held = held("new", 1)),
    "was replaced"
)]
#[case::detached_store(
    ready(2, StoreLedger { detached: true, ..ledger(SPREAD, None) }),
    "type Adopt"
)]
#[case::store_pod_fails(
    with(ready(2, initialising()), |observed| {
        observed.store.pods = vec![store_pod(1, 0, StoreProgress::Failing("part-0 is there".to_owned()))];
    }),
    "pod flow-store-1-0: part-0 is there"
)]
fn store_that_differs_from_ledger_is_refused(#[case] observed: Observed, #[case] words: &str) {
    let decision = check(&observed, "None", Stalled, Reason::StoreRefused);
    let message = decision.summary.message;
    assert!(message.contains(words), "{message}");
}

#[test]
fn gang_is_not_stopped_for_refused_store() {
    let observed = with(ready(2, ledger(SPREAD, None)), |observed| {
        let Target::Run(desired) = &mut observed.target else {
            unreachable!()
        };
        observed.running = Some(desired.clone());
        desired.revision = NEW.to_owned();
        observed.gang = Ownership::Owned(gang(OLD, 2, 2));
        observed.pods = vec![pod(0, OLD, 2), pod(1, OLD, 2)];
        claim(observed, 1).held = held("new", 1);
    });
    let decision = check(&observed, "None", Stalled, Reason::StoreRefused);
    let message = decision.summary.message;
    assert!(
        message.ends_with("revision aaaaaaaaaa keeps running"),
        "{message}"
    );
}

/// Returns a gang of three processes, one of whose PVCs is terminating.
fn with_terminating_pvc(change: impl FnOnce(&mut Observed)) -> Observed {
    with(ready(3, ledger(SPREAD, None)), |observed| {
        observed.gang = Ownership::Owned(gang(OLD, 3, 3));
        observed.pods = (0..3).map(|index| pod(index, OLD, 3)).collect();
        let Target::Run(goal) = &observed.target else {
            unreachable!()
        };
        observed.running = Some(goal.clone());
        claim(observed, 1).held.as_mut().unwrap().terminating = true;
        change(observed);
    })
}

#[rstest]
#[case::another_size(with_terminating_pvc(|observed| {
    let Target::Run(goal) = &mut observed.target else { unreachable!() };
    goal.processes = 2;
}))]
#[case::suspended(with_terminating_pvc(|observed| observed.suspend = true))]
#[case::restart_request(with_terminating_pvc(|observed| {
    let Target::Run(goal) = &mut observed.target else { unreachable!() };
    goal.restarted_at = Some("now".to_owned());
}))]
#[case::pod_of_another_revision(with_terminating_pvc(|observed| observed.pods.push(pod(3, NEW, 3))))]
#[case::end_of_input(with_terminating_pvc(|observed| {
    observed.last_status.completed = Some(Completed { revision: OLD.to_owned(), restarted_at: None });
}))]
fn stop_is_refused_while_pvc_with_state_terminates(#[case] observed: Observed) {
    let decision = check(&observed, "None", Stalled, Reason::StoreRefused);
    let message = decision.summary.message;
    assert!(message.contains("recovery-flow-1"), "{message}");
}

#[test]
fn unschedulable_store_pod_is_reported_after_60_s() {
    let pending = ledger(SPREAD, Some((StoreChangeKind::Move, &[0, 0, 0, 0])));
    let since = |second| {
        with(ready(1, pending.clone()), |observed| {
            let why = StoreProgress::Unschedulable(at(second), "no node".to_owned());
            observed.store.pods = vec![store_pod(1, 0, why)];
        })
    };
    check(&since(941), "None", Reconciling, Reason::ChangingStore);
    check(&since(940), "None", Stalled, Reason::Unschedulable);
}

#[test]
fn gang_gets_pvcs_of_its_own_volumes() {
    let mut three = ledger(&[0, 1, 0, 1], None);
    three.claims.insert(2, "c".to_owned());
    let mut observed = ready(2, three);
    let LedgerState::Known(known) = &mut observed.last_status.ledger else {
        unreachable!()
    };
    known.claims.insert(2, "c".to_owned());
    let decision = check(
        &observed,
        "Start Target create above 3",
        Reconciling,
        Reason::Starting,
    );
    let Operation::Start { store, .. } = decision.operation else {
        unreachable!()
    };
    let expected = plan::StoreLayout {
        id: ID.to_owned(),
        timeline: "1-0b7c4a52".to_owned(),
        change_number: 1,
        places: SPREAD.to_vec(),
        claims: [(0, "a".to_owned()), (1, "b".to_owned())].into(),
    };
    assert_eq!(store, Some(expected));
}

#[test]
fn stateful_set_without_volumes_is_recreated() {
    let observed = with(ready(2, ledger(SPREAD, None)), |observed| {
        observed.gang = Ownership::Owned(gang(OLD, 2, 0));
    });
    check(&observed, "RemoveSet", Reconciling, Reason::Starting);
}
