use serde_json::{Value, json};

use super::*;
use crate::process_state::{Process, Stores};

const STORE: &str = "0b7c4a52-7a52-4d0f-9d44-000000000001";

fn orders() -> Value {
    json!({
        "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
        "metadata": {
            "name": "orders", "namespace": "shop", "generation": 3, "creationTimestamp": "2026-01-01T00:00:00Z",
        },
        "spec": {
            "image": {"repository": "bytewax/bytewax", "tag": "0.21.1-python3.11"},
            "pythonFileName": "orders.py", "configMapName": "orders-source", "processesCount": 2,
            "recovery": {
                "enabled": true,
                "cloudBackup": {"enabled": true, "s3": {"url": "s3://bucket/folder"}},
            },
        },
        "status": {
            "observedGeneration": 3, "phase": "Running", "revision": "3f2a90bc11", "start": 4,
            "processes": {"wanted": 2, "ready": 2, "summary": "2/2"},
            "conditions": [
                {
                    "type": "Ready", "status": "True", "reason": "Running", "message": "2 processes run",
                    "lastTransitionTime": "2026-01-01T01:00:00Z",
                },
                {
                    "type": "ActionNotDone", "status": "True", "reason": "NotHonoured",
                    "message": "the action is meant for timeline 1-1, this is 2-0b7c4a52",
                    "lastTransitionTime": "2026-01-01T02:29:00Z",
                },
            ],
            "lastOutage": {"began": "2026-01-01T00:59:53Z", "seconds": 7},
            "resumed": {"start": 4, "execution": 3, "epoch": 90, "replayedEpochs": 2},
            "lastFailure": {
                "pod": "orders-1", "reason": "UserError", "message": "ValueError: bad row\nof many",
                "step": "orders.sum", "file": "orders.py", "line": 12, "time": "2026-01-01T01:30:00Z",
            },
            "recovery": {
                "formatVersion": 1, "storeId": STORE, "timeline": "2-0b7c4a52", "step": 3,
                "partitions": [
                    {"index": 0, "claim": "recovery-orders-0", "state": "Ready"},
                    {"index": 1, "claim": "recovery-orders-1", "state": "Ready"},
                ],
                "lastAction": {
                    "type": "Restore", "point": "1-0b7c4a52/42", "timeline": "2-0b7c4a52",
                    "expect": {"storeId": STORE, "timeline": "1-0b7c4a52"},
                },
            },
        },
    })
}

fn live(process: u32) -> LiveAnswer {
    let report = json!({
        "v": 1, "start": 4, "revision": "3f2a90bc11", "process": process, "processes": 2,
        "phase": "running", "formed": true, "peers": 1, "exitCode": null,
    });
    Ok(serde_json::from_value(report).unwrap())
}

type LiveAnswer = Answer<agent::report::LiveReport>;

fn store(process: u32, front: u64, backup: &Value) -> Answer<agent::report::StoreReport> {
    let facts = json!({
        "index": process, "count": 2,
        "passport": {
            "store": STORE, "timeline": "2-0b7c4a52", "step": 3,
            "lastStart": {
                "start": 4, "round": "r", "execution": 3, "resumeEpoch": 90,
                "intervals": {"snapshot": 1, "backup": 2},
            },
        },
        "executions": [{"number": 3, "workers": 2, "resumeEpoch": 90}],
        "fronts": [{"execution": 3, "worker": process, "epoch": front}], "commit": front - 4,
    });
    let report = json!({
        "v": 1, "start": 4, "process": process, "backup": backup,
        "partitions": [{"index": process, "facts": facts, "steps": ["orders.old.stateful_batch"]}],
        "flow": {"v": 1, "flow": "orders", "stateful": ["orders.sum.stateful_batch"], "engine": "0.21.1"},
    });
    Ok(serde_json::from_value(report).unwrap())
}

/// 02:30:00 on 1 January 2026.
const NOW: u64 = 1_767_234_600;

fn backup(restorable: bool) -> Value {
    let point = json!({"point": "2-0b7c4a52/97", "epoch": 97, "taken": NOW - 12, "size": 4096});
    json!({
        "interval": 30, "failures": 0, "taken": NOW - 10,
        "restorable": restorable.then_some(point),
    })
}

fn gang(second: Answer<agent::report::StoreReport>, second_live: LiveAnswer) -> Answer<GangState> {
    let process = |pod: &str, live| Process {
        pod: pod.to_owned(),
        live,
    };
    Ok(GangState {
        processes: vec![
            process("orders-0", live(0)),
            process("orders-1", second_live),
        ],
        stores: Some(Stores(vec![store(0, 103, &backup(true)), second])),
    })
}

fn details(dataflow: &Value, live: Answer<GangState>, wide: bool) -> String {
    let dataflow: Dataflow = serde_json::from_value(dataflow.clone()).unwrap();
    Details {
        dataflow: &dataflow,
        source: "argocd-controller".to_owned(),
        live,
        wide,
        now: Timestamp::from_second(NOW.try_into().unwrap()).unwrap(),
    }
    .text()
}

#[test]
fn details_show_all_reports() {
    let gang = || gang(store(1, 101, &backup(false)), live(1));
    insta::assert_snapshot!(details(&orders(), gang(), false));
    insta::assert_snapshot!(details(&orders(), gang(), true));
}

#[test]
fn missing_reports_show_unknown_with_reason() {
    let silent = "no response within 5s";
    let failing = json!({
        "interval": 30, "failures": 3, "failingSince": NOW - 300, "failure": "403 Forbidden",
    });
    let text = [
        details(
            &orders(),
            Err("user `ann` is not allowed to list `pods` in namespace `shop`".to_owned()),
            false,
        ),
        details(
            &orders(),
            gang(Err(silent.to_owned()), Err(silent.to_owned())),
            false,
        ),
        details(&orders(), gang(store(1, 101, &failing), live(1)), false),
        details(
            &orders(),
            Ok(GangState {
                processes: Vec::new(),
                stores: Some(Stores(Vec::new())),
            }),
            false,
        ),
    ]
    .map(|text| text[text.find("\nState:").unwrap()..].to_owned());
    insta::assert_snapshot!(text.join("\n--------\n"));
}

#[test]
fn flow_without_status_and_without_state() {
    let mut new = orders();
    new.as_object_mut().unwrap().remove("status");
    let mut stateless = orders();
    stateless["spec"]
        .as_object_mut()
        .unwrap()
        .remove("recovery");
    stateless["status"]
        .as_object_mut()
        .unwrap()
        .remove("recovery");
    let alone = GangState {
        processes: vec![Process {
            pod: "orders-0".to_owned(),
            live: live(0),
        }],
        stores: None,
    };
    let none = GangState {
        processes: Vec::new(),
        stores: Some(Stores(Vec::new())),
    };
    let text = [
        details(&new, Ok(none), false),
        details(&stateless, Ok(alone), false),
    ];
    insta::assert_snapshot!(text.join("\n--------\n"));
}

#[test]
fn missing_restore_point_shows_cause() {
    let why = "partition 1 has no copy";
    let backup = json!({"interval": 30, "failures": 0, "notRestorable": why});
    let live = GangState {
        processes: Vec::new(),
        stores: Some(Stores(vec![store(0, 103, &backup)])),
    };
    let text = details(&orders(), Ok(live), false);
    let line = format!("  Restorable:       none: {why}\n");
    assert!(text.contains(&line), "{text}");
}
