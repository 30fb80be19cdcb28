//! Tests `df get`: one dataflow with the reports of its processes, read through the API server.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::api::Api;
use crate::environment::Environment;

pub(crate) const FLOWS: &str = "/apis/bytewax.io/v1alpha1/namespaces/shop/dataflows";
const PODS: &str = "/api/v1/namespaces/shop/pods";
const STORE: &str = "0b7c4a52-7a52-4d0f-9d44-000000000001";

fn flow(name: &str) -> Value {
    json!({
        "apiVersion": "bytewax.io/v1alpha1", "kind": "Dataflow",
        "metadata": {
            "name": name, "namespace": "shop", "uid": "f1", "generation": 1,
            "managedFields": [{"manager": "waxctl", "fieldsV1": {"f:spec": {"f:image": {}}}}],
        },
        "spec": {
            "image": {"repository": "bytewax/bytewax", "tag": "0.21.1-python3.11"},
            "pythonFileName": "orders.py", "recovery": {"enabled": true},
        },
        "status": {
            "observedGeneration": 1, "phase": "Running", "start": 4, "revision": "3f2a90bc11",
            "processes": {"wanted": 1, "ready": 1, "summary": "1/1"},
            "recovery": {
                "formatVersion": 1, "storeId": STORE, "timeline": "1-0b7c4a52", "step": 1,
                "partitions": [{"index": 0, "claim": "recovery-orders-0", "state": "Ready"}],
            },
        },
    })
}

/// Creates a cluster in which the flow `orders` runs as one process.
pub(crate) fn cluster() -> Api {
    let api = Api::start();
    api.put(&format!("{FLOWS}/orders"), flow("orders"));
    let labels = json!({"bytewax.io/dataflow-info": "orders", "bytewax.io/component": "process"});
    let pod = json!({"metadata": {"name": "orders-0", "namespace": "shop", "labels": labels}});
    api.put(&format!("{PODS}/orders-0"), pod);
    let agent = format!("{PODS}/orders-0:3030/proxy/v1");
    let live = json!({
        "v": 1, "start": 4, "revision": "3f2a90bc11", "process": 0, "processes": 1,
        "phase": "running", "formed": true, "peers": 0, "exitCode": null,
    });
    api.put(&format!("{agent}/live"), live);
    let facts = json!({
        "index": 0, "count": 1,
        "passport": {"store": STORE, "timeline": "1-0b7c4a52", "step": 1},
        "executions": [{"number": 3, "workers": 1, "resumeEpoch": 90}],
        "fronts": [{"execution": 3, "worker": 0, "epoch": 103}], "commit": 99,
    });
    let store =
        json!({"v": 1, "start": 4, "process": 0, "partitions": [{"index": 0, "facts": facts}]});
    api.put(&format!("{agent}/store"), store);
    api
}

/// Runs a command line, and appends it and its output to the text.
pub(crate) fn run_and_record(api: &Api, args: &[&str], text: &mut String) {
    let place = ["-n", "shop", "--server", api.address()];
    let finished = Environment::new().run(&[args, &place].concat());
    writeln!(text, "$ waxctl {}\n{finished}", args.join(" ")).unwrap();
}

#[test]
fn get_prints_every_format() {
    let api = cluster();
    let mut text = String::new();
    for output in [
        &[][..],
        &["-o", "wide"],
        &["-o", "name"],
        &["-o", "json"],
        &["-o", "yaml"],
    ] {
        run_and_record(
            &api,
            &[&["df", "get", "orders"], output].concat(),
            &mut text,
        );
    }
    assert!(!text.contains("managedFields"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn get_without_pod_permission_shows_rest() {
    let mut text = String::new();
    for (verb, resource) in [("get", "pods/proxy"), ("list", "pods")] {
        let api = cluster();
        api.deny(verb, resource);
        run_and_record(&api, &["df", "get", "orders"], &mut text);
    }
    insta::assert_snapshot!(text);
}

#[test]
fn missing_or_unreadable_dataflow_is_reported() {
    let api = cluster();
    let mut odd = flow("odd");
    odd["spec"]["image"] = "not an object".into();
    api.put(&format!("{FLOWS}/odd"), odd);
    let mut text = String::new();
    run_and_record(&api, &["df", "get", "order"], &mut text);
    run_and_record(&api, &["df", "get", "odd"], &mut text);
    insta::assert_snapshot!(text);
}
