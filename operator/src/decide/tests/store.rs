//! The recovery store before a start.

use dataflow::placement::SHARED_VOLUME;
use dataflow::plan;
use dataflow::status::StoreChangeKind;

use super::*;
use crate::observed::{Claim, HeldClaim, Pending, StoreLedger, StorePod, StoreProgress, StoreWish};

pub(super) const ID: &str = "0b7c4a52-7a52-4d0f-9d44-000000000001";

pub(super) fn ledger(places: &[u32], pending: Option<(StoreChangeKind, &[u32])>) -> StoreLedger {
    StoreLedger {
        id: ID.to_owned(),
        timeline: "1-0b7c4a52".to_owned(),
        step: 1,
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

/// A flow with four partitions and nothing running; every claim is free.
pub(super) fn at_rest(size: i32, store: StoreRecord) -> Observed {
    with(world(), |o| {
        let mut goal = goal(OLD, size);
        goal.store = Some(StoreWish {
            partitions: 4,
            single_volume: false,
            volume_bytes: 1 << 30,
        });
        o.target = Target::Run(goal.clone());
        o.running = None;
        o.gang = Slot::Absent;
        o.pods.clear();
        o.answers.pods = Some(Vec::new());
        o.ledger.store = store;
        o.store.fresh_id = ID.to_owned();
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
        o.store.claims = (0..3).map(claim).collect();
    })
}

pub(super) fn held(uid: &str, step: i64) -> Option<HeldClaim> {
    Some(HeldClaim {
        uid: uid.to_owned(),
        made_for: Some((ID.to_owned(), step)),
        leaving: false,
        bytes: 1 << 30,
        growth_refused: None,
    })
}

pub(super) fn store_pod(step: i64, part: u32, progress: StoreProgress) -> StorePod {
    StorePod {
        name: format!("flow-store-{step}-{part}"),
        version: version("store"),
        step,
        part,
        deleting: false,
        progress,
    }
}

/// Two volumes that are there and known.
pub(super) fn ready(size: i32, mut ledger: StoreLedger) -> Observed {
    ledger.claims = [(0, "a".to_owned()), (1, "b".to_owned())].into();
    with(at_rest(size, StoreRecord::Known(ledger)), |o| {
        claim(o, 0).held = held("a", 1);
        claim(o, 1).held = held("b", 1);
    })
}

pub(super) fn claim(o: &mut Observed, ordinal: u32) -> &mut Claim {
    o.store.claims.get_mut(&ordinal).unwrap()
}

/// One volume for all is asked for.
fn share(o: &mut Observed) {
    let Target::Run(goal) = &mut o.target else {
        unreachable!()
    };
    goal.store.as_mut().unwrap().single_volume = true;
    let name = "flow-recovery".to_owned();
    let free = Claim { name, held: None };
    o.store.claims.insert(SHARED_VOLUME, free);
}

pub(super) const SPREAD: &[u32] = &[0, 1, 0, 1];

fn initialising() -> StoreLedger {
    ledger(&[], Some((StoreChangeKind::Initialise, SPREAD)))
}

#[rstest]
#[case::the_ledger_first(
    at_rest(2, StoreRecord::Unknown),
    "WriteLedger 1 Initialise [0, 1, 0, 1]"
)]
#[case::then_the_claims(at_rest(2, StoreRecord::Known(initialising())), "CreateClaim 0")]
#[case::one_after_the_other(
    with(at_rest(2, StoreRecord::Known(initialising())), |o| claim(o, 0).held = held("a", 1)),
    "CreateClaim 1"
)]
#[case::then_their_uids(
    with(at_rest(2, StoreRecord::Known(initialising())), |o| {
        claim(o, 0).held = held("a", 1);
        claim(o, 1).held = held("b", 1);
    }),
    "WriteLedger 1 Initialise [0, 1, 0, 1]"
)]
#[case::then_a_pod_for_each_volume(ready(2, initialising()), "CreatePod Initialise 0 [0]")]
#[case::and_the_other(
    with(ready(2, initialising()), |o| o.store.pods = vec![store_pod(1, 0, StoreProgress::Done)]),
    "CreatePod Initialise 1 [1]"
)]
#[case::which_is_at_work(
    with(ready(2, initialising()), |o| o.store.pods = vec![
        store_pod(1, 0, StoreProgress::Done), store_pod(1, 1, StoreProgress::Working)
    ]),
    "Rest"
)]
#[case::then_it_is_noted(
    with(ready(2, initialising()), |o| o.store.pods = vec![
        store_pod(1, 0, StoreProgress::Done), store_pod(1, 1, StoreProgress::Done)
    ]),
    "WriteLedger 1 [0, 1, 0, 1]"
)]
#[case::a_pod_of_an_earlier_change_goes_first(
    with(ready(2, initialising()), |o| o.store.pods = vec![store_pod(0, 0, StoreProgress::Working)]),
    "DeletePod flow-store-0-0"
)]
#[case::then_the_pods_go(
    with(ready(2, ledger(SPREAD, None)), |o| {
        o.store.pods = vec![store_pod(1, 0, StoreProgress::Done)];
    }),
    "DeletePod flow-store-1-0"
)]
#[case::and_are_waited_for(
    with(ready(2, ledger(SPREAD, None)), |o| {
        o.store.pods = vec![StorePod { deleting: true, ..store_pod(1, 0, StoreProgress::Done) }];
    }),
    "Rest"
)]
#[case::one_process_more_needs_a_volume(ready(3, ledger(SPREAD, None)), "CreateClaim 2")]
#[case::which_is_noted(
    with(ready(3, ledger(SPREAD, None)), |o| claim(o, 2).held = held("c", 1)),
    "WriteLedger 1 [0, 1, 0, 1]"
)]
#[case::one_less_moves(ready(1, ledger(SPREAD, None)), "WriteLedger 2 Move [0, 0, 0, 0]")]
#[case::in_one_pod(
    ready(1, ledger(SPREAD, Some((StoreChangeKind::Move, &[0, 0, 0, 0])))),
    "CreatePod Move 0 [0, 1]"
)]
#[case::what_is_begun_is_finished_whatever_the_size_is_now(
    ready(2, ledger(SPREAD, Some((StoreChangeKind::Move, &[0, 0, 0, 0])))),
    "CreatePod Move 0 [0, 1]"
)]
#[case::another_number_of_partitions_spreads_them(
    ready(2, ledger(&[0, 1], None)), "WriteLedger 2 Repartition [0, 1, 0, 1]"
)]
#[case::in_one_pod_too(
    ready(2, ledger(&[0, 1], Some((StoreChangeKind::Repartition, SPREAD)))),
    "CreatePod Repartition 0 [0, 1]"
)]
#[case::and_moves_them_at_once(ready(1, ledger(&[0, 1], None)), "WriteLedger 2 Repartition [0, 0, 0, 0]")]
#[case::one_volume_for_all(
    with(ready(2, ledger(SPREAD, None)), share),
    &format!("WriteLedger 2 Move {:?}", [SHARED_VOLUME; 4])
)]
#[case::needs_a_claim_of_another_name(
    with(
        ready(2, ledger(SPREAD, Some((StoreChangeKind::Move, &[SHARED_VOLUME; 4])))),
        share
    ),
    &format!("CreateClaim {SHARED_VOLUME}")
)]
#[case::what_is_no_longer_kept_is_left(
    with(ready(2, ledger(SPREAD, None)), |o| o.target = Target::Run(goal(OLD, 2))),
    "WriteLedger 1 [0, 1, 0, 1] detached"
)]
#[case::and_noted(
    with(ready(1, ledger(SPREAD, Some((StoreChangeKind::Move, &[0, 0, 0, 0])))), |o| {
        o.store.pods = vec![store_pod(1, 0, StoreProgress::Done)];
    }),
    "WriteLedger 1 [0, 0, 0, 0]"
)]
fn a_store_is_made_and_moved_step_by_step(#[case] o: Observed, #[case] step: &str) {
    check(&o, step, Progressing, Reason::ChangingStore);
}

#[rstest]
#[case::a_ledger_of_a_newer_release(
    at_rest(2, StoreRecord::Unreadable("its formatVersion is 2".to_owned())),
    "formatVersion"
)]
#[case::a_claim_of_somebody_else(
    with(at_rest(2, StoreRecord::Known(initialising())), |o| {
        claim(o, 0).held = Some(HeldClaim { made_for: None, ..held("x", 1).unwrap() });
    }),
    "kubectl delete pvc recovery-flow-0"
)]
#[case::a_claim_for_another_store(
    with(at_rest(2, StoreRecord::Known(initialising())), |o| {
        let other = Some(("other".to_owned(), 1));
        claim(o, 0).held = Some(HeldClaim { made_for: other, ..held("x", 1).unwrap() });
    }),
    "was not made for this store"
)]
#[case::a_volume_that_is_gone(
    with(ready(2, ledger(SPREAD, None)), |o| claim(o, 1).held = None),
    "recovery-flow-1 holds recovery partitions and is gone"
)]
#[case::a_volume_made_anew(
    with(ready(2, ledger(SPREAD, None)), |o| claim(o, 1).held = held("new", 1)),
    "is another one now (UID new, it was b)"
)]
#[case::a_volume_made_anew_while_the_store_is_made(
    with(ready(2, initialising()), |o| claim(o, 1).held = held("new", 1)),
    "is another one now"
)]
#[case::a_store_that_was_left(
    ready(2, StoreLedger { detached: true, ..ledger(SPREAD, None) }),
    "type Adopt"
)]
#[case::a_pod_that_refuses(
    with(ready(2, initialising()), |o| {
        o.store.pods = vec![store_pod(1, 0, StoreProgress::Failing("part-0 is there".to_owned()))];
    }),
    "pod flow-store-1-0: part-0 is there"
)]
fn a_store_that_is_not_what_it_should_be_is_refused(#[case] o: Observed, #[case] words: &str) {
    let decision = check(&o, "Rest", Stalled, Reason::StoreRefused);
    let message = decision.standing.message;
    assert!(message.contains(words), "{message}");
}

#[test]
fn nothing_is_stopped_for_a_change_that_the_store_refuses() {
    let o = with(ready(2, ledger(SPREAD, None)), |o| {
        let Target::Run(wanted) = &mut o.target else {
            unreachable!()
        };
        o.running = Some(wanted.clone());
        wanted.revision = NEW.to_owned();
        o.gang = Slot::Ours(gang(OLD, 2, 2));
        o.pods = vec![pod(0, OLD, 2), pod(1, OLD, 2)];
        claim(o, 1).held = held("new", 1);
    });
    let decision = check(&o, "Rest", Stalled, Reason::StoreRefused);
    let message = decision.standing.message;
    assert!(
        message.ends_with("revision aaaaaaaaaa runs on"),
        "{message}"
    );
}

/// Three processes run, and the claim of one of their volumes is being deleted.
fn with_a_leaving_claim(change: impl FnOnce(&mut Observed)) -> Observed {
    with(ready(3, ledger(SPREAD, None)), |o| {
        o.gang = Slot::Ours(gang(OLD, 3, 3));
        o.pods = (0..3).map(|index| pod(index, OLD, 3)).collect();
        let Target::Run(goal) = &o.target else {
            unreachable!()
        };
        o.running = Some(goal.clone());
        claim(o, 1).held.as_mut().unwrap().leaving = true;
        change(o);
    })
}

#[rstest]
#[case::for_another_size(with_a_leaving_claim(|o| {
    let Target::Run(goal) = &mut o.target else { unreachable!() };
    goal.size = 2;
}))]
#[case::for_a_rest(with_a_leaving_claim(|o| o.suspend = true))]
#[case::for_a_restart(with_a_leaving_claim(|o| {
    let Target::Run(goal) = &mut o.target else { unreachable!() };
    goal.restarted_at = Some("now".to_owned());
}))]
#[case::for_a_stranger(with_a_leaving_claim(|o| o.pods.push(pod(3, NEW, 3))))]
#[case::at_the_end(with_a_leaving_claim(|o| {
    o.ledger.completed = Some(Completed { revision: OLD.to_owned(), restarted_at: None });
}))]
fn nothing_is_stopped_whose_state_would_go_with_it(#[case] o: Observed) {
    let decision = check(&o, "Rest", Stalled, Reason::StoreRefused);
    let message = decision.standing.message;
    assert!(message.contains("recovery-flow-1"), "{message}");
}

#[test]
fn a_move_that_finds_no_node_is_told_after_a_while() {
    let pending = ledger(SPREAD, Some((StoreChangeKind::Move, &[0, 0, 0, 0])));
    let since = |second| {
        with(ready(1, pending.clone()), |o| {
            let why = StoreProgress::Unschedulable(at(second), "no node".to_owned());
            o.store.pods = vec![store_pod(1, 0, why)];
        })
    };
    check(&since(941), "Rest", Progressing, Reason::ChangingStore);
    check(&since(940), "Rest", Stalled, Reason::Unschedulable);
}

#[test]
fn a_gang_is_told_of_its_own_volumes_only() {
    let mut three = ledger(&[0, 1, 0, 1], None);
    three.claims.insert(2, "c".to_owned());
    let mut o = ready(2, three);
    let StoreRecord::Known(known) = &mut o.ledger.store else {
        unreachable!()
    };
    known.claims.insert(2, "c".to_owned());
    let decision = check(
        &o,
        "Start Target create above 3",
        Progressing,
        Reason::Starting,
    );
    let Step::Start { store, .. } = decision.step else {
        unreachable!()
    };
    let expected = plan::Store {
        id: ID.to_owned(),
        timeline: "1-0b7c4a52".to_owned(),
        change_number: 1,
        places: SPREAD.to_vec(),
        claims: [(0, "a".to_owned()), (1, "b".to_owned())].into(),
    };
    assert_eq!(store, Some(expected));
}

#[test]
fn a_set_without_volumes_is_made_anew() {
    let o = with(ready(2, ledger(SPREAD, None)), |o| {
        o.gang = Slot::Ours(gang(OLD, 2, 0));
    });
    check(&o, "RemoveSet", Progressing, Reason::Starting);
}
