//! Tests that a change stops the whole gang once and starts it once, and that two revisions or sizes never run together.

use serde_json::{Value, json};
use wax_tests::TestNamespace;
use wax_tests::gang::GangWatch;

use super::hello;

#[tokio::test(flavor = "multi_thread")]
async fn change_is_one_stop_and_one_start() {
    let ns = TestNamespace::new("changes").await.unwrap();
    let cluster = ns.cluster;
    // A second tag of the same image: the program is the same, but the spec differs.
    let tag = ["--", "ctr", "-n", "k8s.io", "images", "tag", "--force"];
    let names = [
        "docker.io/bytewax/bytewax:0.21.1-python3.11",
        "docker.io/bytewax/bytewax:0.21.1-again",
    ];
    cluster
        .box_verb("exec", &[&tag[..], &names].concat())
        .unwrap()
        .ok()
        .unwrap();

    let mut spec = json!({"processesCount": 2});
    ns.start_flow("hello", &hello(), &spec).unwrap();
    ns.ready("hello").await.unwrap();
    let watch = GangWatch::start(&ns, "hello");

    ns.source("hello", &hello().replace("'hello'", "'good day'"))
        .unwrap();
    ns.log_line("hello-0", "good day 2").await.unwrap();
    ns.ready("hello").await.unwrap();
    for change in [
        json!({"env": [{"name": "GREETING", "value": "good morning"}]}),
        json!({"image": {"tag": "0.21.1-again"}}),
        json!({"processesCount": 3}),
        json!({"processesCount": 1}),
    ] {
        for (key, value) in change.as_object().unwrap() {
            spec[key] = value.clone();
        }
        ns.dataflow("hello", &spec).unwrap();
        ns.ready("hello").await.unwrap();
    }
    ns.log_line("hello-0", "good morning 1").await.unwrap();

    suspended_flow_keeps_its_stateful_set(&ns, &spec).await;
    ns.dataflow("hello", &spec).unwrap();
    ns.ready("hello").await.unwrap();

    let seen = watch.finish().unwrap();
    assert_eq!(seen.in_turn().unwrap(), (7, 6), "{:#?}", seen.starts);
    let sizes: Vec<&str> = seen
        .starts
        .iter()
        .map(|start| start.processes.as_str())
        .collect();
    assert_eq!(sizes, ["2", "2", "2", "2", "3", "1", "1"]);
}

/// Checks that a suspended flow has no pods, and that its StatefulSet remains.
async fn suspended_flow_keeps_its_stateful_set(ns: &TestNamespace, spec: &Value) {
    let mut suspended = spec.clone();
    suspended["suspend"] = json!(true);
    ns.dataflow("hello", &suspended).unwrap();
    ns.status("hello", "suspended", |status| {
        status["phase"] == "Suspended"
    })
    .await
    .unwrap();
    assert!(ns.gang("hello").await.unwrap().is_empty());
    ns.kubectl(&["get", "statefulset", "hello"])
        .unwrap()
        .ok()
        .unwrap();
}
