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

fn terminating() -> serde_json::Value {
    let mut deleted = never_seen();
    deleted["metadata"]["deletionTimestamp"] = "2026-01-01T00:01:10Z".into();
    deleted["metadata"]["finalizers"] = json!(["example.com/stuck"]);
    deleted["spec"]["image"] = json!({ "repository": "registry/flow" , "tag": "" });
    deleted
}

fn table(wide: bool) -> String {
    let now: Timestamp = "2026-01-01T00:01:30Z".parse().unwrap();
    let process_cells = ProcessCells {
        frontier: "1042".to_owned(),
        restorable: "12s".to_owned(),
    };
    let rows: Vec<_> = [orders(), never_seen(), unreadable(), terminating()]
        .into_iter()
        .map(|value| Row::from_object(&object(value)).cells(wide.then_some(&process_cells), now))
        .collect();
    let columns = if wide {
        [COLUMNS, WIDE_COLUMNS].concat()
    } else {
        COLUMNS.to_vec()
    };
    Table::new(&columns).with_heading(&rows)
}

#[test]
fn plain_table_has_columns_of_the_original() {
    insta::assert_snapshot!(table(false));
}

#[test]
fn wide_table_adds_revision_source_and_message() {
    insta::assert_snapshot!(table(true));
}

#[test]
fn deleted_row_has_phase_deleted() {
    let row = Row::from_object(&object(orders()));
    assert_ne!(row.clone().deleted(), row);
    assert!(
        row.deleted()
            .cells(None, Timestamp::UNIX_EPOCH)
            .contains(&"Deleted".to_owned())
    );
}

#[test]
fn source_is_the_manager_of_the_spec() {
    assert_eq!(source(&object(orders())), "argocd-controller");
    assert_eq!(source(&object(never_seen())), "");
}

#[test]
fn applier_is_source_despite_fewer_fields() {
    let mut edited = orders();
    let most = json!({"f:spec": {"f:a": {}, "f:b": {}, "f:c": {}, "f:d": {}}});
    let entries = edited["metadata"]["managedFields"].as_array_mut().unwrap();
    entries.push(json!({"manager": "kubectl-edit", "operation": "Update", "fieldsV1": most}));
    assert_eq!(source(&object(edited)), "argocd-controller");
}
