use rstest::rstest;
use serde_json::{Value, json};

use super::*;

/// Returns the report about partition `index` of two, in execution 3 with two workers.
fn partition(index: u32, fronts: &[(u64, u64)], commit: Option<u64>) -> Value {
    let fronts: Vec<_> = fronts
        .iter()
        .map(|(worker, epoch)| json!({"execution": 3, "worker": worker, "epoch": epoch}))
        .collect();
    json!({
        "index": index,
        "steps": ["orders.sum.stateful_batch", "orders.old.stateful_batch"],
        "facts": {
            "index": index, "count": 2,
            "passport": {
                "store": "0b7c4a52-7a52-4d0f-9d44-000000000001", "timeline": "1-0b7c4a52", "step": 1,
                "lastStart": {
                    "start": 4, "round": "r", "execution": 3, "resumeEpoch": 90,
                    "intervals": {"snapshot": 1, "backup": 2},
                },
            },
            "executions": [{"number": 3, "workers": 2, "resumeEpoch": 90}],
            "fronts": fronts, "commit": commit,
        },
    })
}

fn report(process: u32, partitions: &[Value]) -> Answer<StoreReport> {
    let flow = json!({
        "v": 1, "flow": "orders", "stateful": ["orders.sum.stateful_batch"], "engine": "0.21.1",
    });
    let report = json!({
        "v": 1, "start": 4, "process": process, "partitions": partitions, "flow": flow,
    });
    Ok(serde_json::from_value(report).unwrap())
}

fn both() -> Stores {
    Stores(vec![
        report(0, &[partition(0, &[(0, 103)], Some(99))]),
        report(1, &[partition(1, &[(1, 101)], Some(98))]),
    ])
}

#[test]
fn frontier_is_that_of_slowest_worker() {
    assert_eq!(both().frontier(), Ok(101));
    let start = both().last_start().unwrap().unwrap();
    assert_eq!((start.execution, start.resume_epoch), (3, 90));
}

#[test]
fn steps_missing_from_code_are_orphaned() {
    let orphaned = both().orphaned_steps().unwrap();
    assert_eq!(Vec::from_iter(orphaned), ["orders.old.stateful_batch"]);
}

#[rstest]
#[case::no_process(Stores(Vec::new()), "no process is running")]
#[case::one_is_silent(
    Stores(vec![report(0, &[partition(0, &[], None)]), Err("no response within 5s".to_owned())]),
    "no response within 5s"
)]
#[case::one_is_missing(Stores(vec![report(0, &[partition(0, &[], None)])]), "no process has partition 1")]
#[case::empty(Stores(vec![report(0, &[])]), "no process has a partition")]
#[case::damaged(
    Stores(vec![report(0, &[json!({"index": 0, "unreadable": "disk image is malformed"})])]),
    "partition 0: disk image is malformed"
)]
fn incomplete_reports_leave_facts_unknown(#[case] stores: Stores, #[case] why: &str) {
    assert_eq!(stores.frontier(), Err(why.to_owned()));
    assert_eq!(stores.last_start(), Err(why.to_owned()));
    assert_eq!(stores.orphaned_steps(), Err(why.to_owned()));
}

#[test]
fn newest_point_comes_from_partition_0() {
    assert_eq!(both().newest_point(), Ok(None));
    let mut stores = both();
    let point = json!({"point": "1-0b7c4a52/99", "epoch": 99, "taken": 1000, "size": 4096});
    let point: PointReport = serde_json::from_value(point).unwrap();
    let backup = json!({"interval": 30, "failures": 0, "restorable": point});
    stores.0[0].as_mut().unwrap().backup = Some(serde_json::from_value(backup).unwrap());
    assert_eq!(stores.newest_point(), Ok(Some(point)));
    stores.0[0] = Err("no response within 5s".to_owned());
    assert_eq!(
        stores.newest_point(),
        Err("no response within 5s".to_owned())
    );
}

#[test]
fn commit_is_lowest_of_all_partitions() {
    let own = |commits: [Option<u64>; 2]| {
        let parts = [partition(0, &[], commits[0]), partition(1, &[], commits[1])];
        commit(&report(0, &parts).unwrap())
    };
    assert_eq!(own([Some(7), Some(5)]), Some(5));
    assert_eq!(own([Some(7), None]), None);
}
