//! A store that status knows nothing of.

use agent::report::InspectionReport;
use serde_json::{Value, json};

use super::action::running;
use super::recovery::{ID, SPREAD, at_rest, claim, held, ledger, ready, store_pod};
use super::*;
use crate::observed::{HeldClaim, LedgerState, StoreProgress};

const TIMELINE: &str = "3-5f0c9a1e";

/// Two volumes of a store that was left, and no ledger.
fn lost() -> Observed {
    with(at_rest(2, LedgerState::Unknown), |observed| {
        claim(observed, 0).held = held("uid-a", 1);
        claim(observed, 1).held = held("uid-b", 1);
    })
}

fn volume(ordinal: u32, claim: &str, partitions: &[u32]) -> Value {
    let partition = |index: &u32| json!({"index": index, "count": 4, "store": ID, "timeline": TIMELINE, "step": 5});
    let partitions: Vec<Value> = partitions.iter().map(partition).collect();
    json!({
        "ordinal": ordinal,
        "record": {"v": 1, "store": ID, "claim": claim, "step": 6, "start": 9},
        "partitions": partitions,
    })
}

/// The inspection has ended with this.
fn told(volumes: &[Value]) -> Observed {
    with(lost(), |observed| {
        observed.store.pods = vec![store_pod(0, 0, StoreProgress::Done)];
        let report: InspectionReport =
            serde_json::from_value(json!({"v": 1, "volumes": volumes})).unwrap();
        observed.answers.inspection = Some(Ok(report));
    })
}

fn whole() -> [Value; 2] {
    [volume(0, "uid-a", &[0, 2]), volume(1, "uid-b", &[1, 3])]
}

#[rstest]
#[case::volumes_are_looked_at(lost(), "Inspect [0, 1]")]
#[case::what_was_under_way_ends_first(
    with(lost(), |observed| observed.store.pods = vec![store_pod(4, 0, StoreProgress::Working)]),
    "DeletePod flow-store-4-0"
)]
#[case::the_look_takes_its_time(
    with(lost(), |observed| observed.store.pods = vec![store_pod(0, 0, StoreProgress::Working)]),
    "None"
)]
#[case::and_noted(told(&whole()), "WriteLedger 6 [0, 1, 0, 1]")]
#[case::a_claim_that_goes_is_waited_for(
    with(lost(), |observed| claim(observed, 1).held.as_mut().unwrap().terminating = true),
    "None"
)]
fn a_lost_ledger_is_read_from_the_volumes(#[case] observed: Observed, #[case] operation: &str) {
    check(&observed, operation, Reconciling, Reason::ChangingStore);
}

#[test]
fn what_a_look_has_found_is_read() {
    let observed = with(lost(), |observed| {
        observed.store.pods = vec![store_pod(0, 0, StoreProgress::Done)];
    });
    asks(&observed, Question::Inspection("flow-store-0-0".to_owned()));
}

#[test]
fn a_look_that_comes_too_late_is_called_off() {
    let observed = with(ready(2, ledger(SPREAD, None)), |observed| {
        running(observed);
        observed.store.pods = vec![store_pod(0, 0, StoreProgress::Working)];
    });
    check(
        &observed,
        "DeletePod flow-store-0-0",
        Ready,
        Reason::Running,
    );
}

#[test]
fn what_is_read_is_the_whole_ledger() {
    let decision = decided(&told(&whole()));
    let Operation::Store(_, StoreOperation::WriteLedger { ledger, start, .. }) = decision.operation
    else {
        panic!("{decision:?}");
    };
    assert_eq!(
        (ledger.id.as_str(), ledger.timeline.as_str()),
        (ID, TIMELINE)
    );
    assert_eq!(
        ledger.claims,
        [(0, "uid-a".to_owned()), (1, "uid-b".to_owned())].into()
    );
    assert_eq!((ledger.pending, start), (None, Some(9)));
}

#[test]
fn a_store_that_was_being_made_is_made() {
    let new = |ordinal: u32, uid: &str| {
        let mut volume = volume(ordinal, uid, &[]);
        volume["record"]["step"] = json!(1);
        volume["record"]["start"] = json!(0);
        volume
    };
    let never_used = json!({"ordinal": 1});
    for second in [new(1, "uid-b"), never_used] {
        check(
            &told(&[new(0, "uid-a"), second]),
            "WriteLedger 1 Initialise [0, 1, 0, 1]",
            Reconciling,
            Reason::ChangingStore,
        );
    }
}

#[rstest]
#[case::a_partition_is_missing(&[volume(0, "uid-a", &[0, 2]), volume(1, "uid-b", &[1])], "of 4 partitions")]
#[case::all_are_missing(&[volume(0, "uid-a", &[]), volume(1, "uid-b", &[])], "or none")]
#[case::one_is_there_twice(&[volume(0, "uid-a", &[0, 1, 2]), volume(1, "uid-b", &[1, 3])], "1 is there twice")]
#[case::a_copy_of_a_volume(&[volume(0, "uid-x", &[0, 2]), volume(1, "uid-b", &[1, 3])], "UID uid-x")]
#[case::another_store(
    &[spoilt(|it| it["record"]["store"] = json!("0b7c4a52-7a52-4d0f-9d44-000000000002"))],
    "partition 0 is of store"
)]
#[case::two_timelines(
    &[spoilt(|it| it["partitions"][0]["timeline"] = json!("2-00000000")), volume(1, "uid-b", &[1, 3])],
    "several timelines"
)]
#[case::no_record(&[spoilt(|it| it["record"] = Value::Null)], "no record of ours")]
#[case::unreadable(&[spoilt(|it| it["unreadable"] = json!(["part-0: no"]))], "part-0: no")]
fn what_is_not_a_whole_store_is_refused(#[case] volumes: &[Value], #[case] words: &str) {
    let decision = check(&told(volumes), "None", Stalled, Reason::StoreRefused);
    let message = decision.summary.message;
    assert!(message.contains(words), "{message}");
    assert!(message.ends_with("delete pod flow-store-0-0"), "{message}");
}

fn spoilt(spoil: impl FnOnce(&mut Value)) -> Value {
    let mut volume = volume(0, "uid-a", &[0, 2]);
    spoil(&mut volume);
    volume
}

#[rstest]
#[case::of_somebody_else(None, "kubectl delete pvc recovery-flow-1")]
#[case::of_two_stores(Some(("other".to_owned(), 1)), "volumes of several stores")]
fn claims_that_are_no_store_are_refused_unseen(
    #[case] made_for: Option<(String, i64)>,
    #[case] words: &str,
) {
    let observed = with(lost(), |observed| {
        let claimed = held("uid-b", 1).unwrap();
        claim(observed, 1).held = Some(HeldClaim {
            made_for,
            ..claimed
        });
    });
    let decision = check(&observed, "None", Stalled, Reason::StoreRefused);
    let message = decision.summary.message;
    assert!(message.contains(words), "{message}");
}

#[test]
fn the_store_of_a_gang_that_runs_is_noted_without_stopping_it() {
    let running = |observed: &mut Observed| {
        observed.running = observed.target.goal().cloned();
        let told = ledger(SPREAD, None);
        observed.gang = Ownership::Owned(Gang {
            store: Some(told),
            ..gang(OLD, 2, 2)
        });
        observed.pods = vec![pod(0, OLD, 2), pod(1, OLD, 2)];
    };
    let up = with(lost(), running);
    check(
        &up,
        "WriteLedger 1 [0, 1, 0, 1]",
        Reconciling,
        Reason::ChangingStore,
    );
    let suspended = with(lost(), |observed| {
        running(observed);
        observed.suspend = true;
    });
    let noted = "WriteLedger 1 [0, 1, 0, 1]";
    check(&suspended, noted, Reconciling, Reason::ChangingStore);
    let stopped = with(lost(), |observed| {
        running(observed);
        let Ownership::Owned(gang) = &mut observed.gang else {
            unreachable!()
        };
        (gang.replicas, gang.existing) = (0, 0);
        observed.pods.clear();
    });
    check(
        &stopped,
        "Inspect [0, 1]",
        Reconciling,
        Reason::ChangingStore,
    );
}
