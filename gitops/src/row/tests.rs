use serde_json::json;

use super::*;
use crate::table::Table;

fn object(value: serde_json::Value) -> DynamicObject {
    serde_json::from_value(value).unwrap()
}

fn orders() -> serde_json::Value {
    json!({
        "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
        "metadata": {
            "name": "orders", "namespace": "team", "generation": 3, "creationTimestamp": "2026-01-01T00:00:00Z",
            "managedFields": [
                { "manager": "kubectl-scale", "operation": "Update", "fieldsV1": { "f:spec": { "f:processesCount": {} } } },
                { "manager": "argocd-controller", "operation": "Apply",
                  "fieldsV1": { "f:spec": { "f:image": { "f:tag": {} }, "f:pythonFileName": {} } } },
                { "manager": "wax-operator", "operation": "Update", "subresource": "status",
                  "fieldsV1": { "f:status": { "f:a": {}, "f:b": {}, "f:c": {} } } },
            ],
        },
        "spec": { "image": { "repository": "bytewax/bytewax", "tag": "0.21.1-python3.11" },
                  "pythonFileName": "orders.py", "processesCount": 2 },
        "status": {
            "observedGeneration": 3, "phase": "Starting", "revision": "3f2a90bc11",
            "processes": { "wanted": 2, "ready": 1, "summary": "1/2" },
            "conditions": [{ "type": "Ready", "status": "False", "reason": "Starting",
                "message": "1 of 2 processes are ready", "observedGeneration": 3,
                "lastTransitionTime": "2026-01-01T00:00:00Z" }],
        },
    })
}

fn never_seen() -> serde_json::Value {
    json!({
        "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
        "metadata": { "name": "hello", "namespace": "team", "generation": 1, "creationTimestamp": "2026-01-01T00:01:00Z" },
        "spec": { "image": { "tag": "latest" }, "pythonFileName": "hello.py" },
    })
}

fn unreadable() -> serde_json::Value {
    json!({
        "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
        "metadata": { "name": "odd", "namespace": "team" },
        "spec": { "image": "not an object" },
    })
}

fn table(wide: bool) -> String {
    let now: Timestamp = "2026-01-01T00:01:30Z".parse().unwrap();
    let said = ProcessCells {
        frontier: "1042".to_owned(),
        restorable: "12s".to_owned(),
    };
    let rows: Vec<_> = [orders(), never_seen(), unreadable()]
        .into_iter()
        .map(|value| Row::of(&object(value)).cells(wide.then_some(&said), now))
        .collect();
    let columns = if wide {
        [COLUMNS, WIDE_COLUMNS].concat()
    } else {
        COLUMNS.to_vec()
    };
    Table::new(&columns).with_heading(&rows)
}

#[test]
fn the_columns_of_the_original_and_the_state() {
    insta::assert_snapshot!(table(false));
}

#[test]
fn wide_adds_revision_owner_and_sentence() {
    insta::assert_snapshot!(table(true));
}

#[test]
fn what_was_deleted_says_so() {
    let row = Row::of(&object(orders()));
    assert_ne!(row.clone().deleted(), row);
    assert!(
        row.deleted()
            .cells(None, Timestamp::UNIX_EPOCH)
            .contains(&"Deleted".to_owned())
    );
}

#[test]
fn the_owner_of_most_of_the_spec_is_its_source() {
    assert_eq!(source(&object(orders())), "argocd-controller");
    assert_eq!(source(&object(never_seen())), "");
}

#[test]
fn the_applier_keeps_the_spec_however_little_it_owns() {
    let mut edited = orders();
    let most = json!({"f:spec": {"f:a": {}, "f:b": {}, "f:c": {}, "f:d": {}}});
    let entries = edited["metadata"]["managedFields"].as_array_mut().unwrap();
    entries.push(json!({"manager": "kubectl-edit", "operation": "Update", "fieldsV1": most}));
    assert_eq!(source(&object(edited)), "argocd-controller");
}
