//! A lost ledger.

use agent::report::InspectionReport;
use serde_json::{Value, json};

use super::action::running;
use super::recovery::{ID, SPREAD, at_rest, claim, held, ledger, ready, store_pod};
use super::*;
use crate::observed::{HeldClaim, LedgerState, StoreProgress};

const TIMELINE: &str = "3-5f0c9a1e";

/// Returns two PVCs of a store, and a status without a ledger.
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

/// Returns the state of [`lost`] after an inspection found these volumes.
fn inspected(volumes: &[Value]) -> Observed {
    with(lost(), |observed| {
        observed.store.pods = vec![store_pod(0, 0, StoreProgress::Done)];
        let report: InspectionReport =
            serde_json::from_value(json!({"v": 1, "volumes": volumes})).unwrap();
        observed.answers.inspection = Some(Ok(report));
    })
}

fn complete() -> [Value; 2] {
    [volume(0, "uid-a", &[0, 2]), volume(1, "uid-b", &[1, 3])]
}

#[rstest]
#[case::volumes_are_inspected(lost(), "Inspect [0, 1]")]
#[case::pending_change_is_abandoned(
    with(lost(), |observed| observed.store.pods = vec![store_pod(4, 0, StoreProgress::Working)]),
    "DeletePod flow-store-4-0"
)]
#[case::inspection_is_running(
    with(lost(), |observed| observed.store.pods = vec![store_pod(0, 0, StoreProgress::Working)]),
    "None"
)]
#[case::ledger_is_written(inspected(&complete()), "WriteLedger 6 [0, 1, 0, 1]")]
#[case::pvc_is_terminating(
    with(lost(), |observed| claim(observed, 1).held.as_mut().unwrap().terminating = true),
    "None"
)]
fn lost_ledger_is_read_from_volumes(#[case] observed: Observed, #[case] operation: &str) {
    check(&observed, operation, Reconciling, Reason::ChangingStore);
}

#[test]
fn report_of_completed_inspection_is_read() {
    let observed = with(lost(), |observed| {
        observed.store.pods = vec![store_pod(0, 0, StoreProgress::Done)];
    });
    asks(&observed, Question::Inspection("flow-store-0-0".to_owned()));
}

#[test]
fn late_inspection_pod_is_deleted() {
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
fn rebuilt_ledger_has_all_fields() {
    let decision = decided(&inspected(&complete()));
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
fn unfinished_initialisation_is_continued() {
    let new = |ordinal: u32, uid: &str| {
        let mut volume = volume(ordinal, uid, &[]);
        volume["record"]["step"] = json!(1);
        volume["record"]["start"] = json!(0);
        volume
    };
    let never_used = json!({"ordinal": 1});
    for second in [new(1, "uid-b"), never_used] {
        check(
            &inspected(&[new(0, "uid-a"), second]),
            "WriteLedger 1 Initialise [0, 1, 0, 1]",
            Reconciling,
            Reason::ChangingStore,
        );
    }
}

#[rstest]
#[case::partition_is_missing(&[volume(0, "uid-a", &[0, 2]), volume(1, "uid-b", &[1])], "of 4 partitions")]
#[case::no_partitions(&[volume(0, "uid-a", &[]), volume(1, "uid-b", &[])], "or none")]
#[case::partition_exists_twice(&[volume(0, "uid-a", &[0, 1, 2]), volume(1, "uid-b", &[1, 3])], "1 exists twice")]
#[case::copy_of_a_volume(&[volume(0, "uid-x", &[0, 2]), volume(1, "uid-b", &[1, 3])], "UID uid-x")]
#[case::another_store(
    &[changed(|volume| volume["record"]["store"] = json!("0b7c4a52-7a52-4d0f-9d44-000000000002"))],
    "partition 0 belongs to store"
)]
#[case::two_timelines(
    &[changed(|volume| volume["partitions"][0]["timeline"] = json!("2-00000000")), volume(1, "uid-b", &[1, 3])],
    "several timelines"
)]
#[case::no_volume_header(&[changed(|volume| volume["record"] = Value::Null)], "no volume header")]
#[case::unreadable(&[changed(|volume| volume["unreadable"] = json!(["part-0: no"]))], "part-0: no")]
fn incomplete_store_is_refused(#[case] volumes: &[Value], #[case] words: &str) {
    let decision = check(&inspected(volumes), "None", Stalled, Reason::StoreRefused);
    let message = decision.summary.message;
    assert!(message.contains(words), "{message}");
    assert!(message.ends_with("delete pod flow-store-0-0"), "{message}");
}

fn changed(change: impl FnOnce(&mut Value)) -> Value {
    let mut volume = volume(0, "uid-a", &[0, 2]);
    change(&mut volume);
    volume
}

#[rstest]
#[case::not_created_by_the_operator(None, "kubectl delete pvc recovery-flow-1")]
#[case::of_two_stores(Some(("other".to_owned(), 1)), "several recovery stores")]
fn foreign_pvc_is_refused_without_inspection(
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
fn running_gang_keeps_running_while_ledger_is_rebuilt() {
    let running = |observed: &mut Observed| {
        observed.running = observed.target.goal().cloned();
        let template = ledger(SPREAD, None);
        observed.gang = Ownership::Owned(Gang {
            store: Some(template),
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
    let written = "WriteLedger 1 [0, 1, 0, 1]";
    check(&suspended, written, Reconciling, Reason::ChangingStore);
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
