//! Tests suspend, resume, restart, scale, why, graph and validate on running flows.

use serde_json::{Value, json};
use wax_tests::TestNamespace;

use super::{assert_says, df, hello};

#[tokio::test(flavor = "multi_thread")]
async fn flow_is_suspended_resumed_restarted_and_scaled() {
    let ns = TestNamespace::new("daily").await.unwrap();
    ns.start_flow("orders", &hello(), &json!({})).unwrap();
    let running = ns.ready("orders").await.unwrap();

    assert_done(&ns, &["suspend", "orders"], "suspended");
    assert_waits_for(&ns, "suspended");
    let again = df(&ns, &["suspend", "orders"]).code(0).unwrap();
    assert_eq!(again.stdout, "dataflow.bytewax.io/orders unchanged\n");
    let why = df(&ns, &["why", "orders"]).ok().unwrap();
    assert_says(&why, "is Suspended");
    assert_says(&why, &format!("waxctl df resume orders -n {}", ns.name));
    let refused = df(&ns, &["restart", "orders"]).code(1).unwrap();
    assert_says(&refused.stderr, "it is suspended");

    assert_done(&ns, &["resume", "orders"], "resumed");
    assert_waits_for(&ns, "ready");
    let resumed = ns.ready("orders").await.unwrap();
    assert!(start(&resumed) > start(&running), "{resumed}");

    // `df wait` waits for the restart, although it changes no generation.
    assert_done(&ns, &["restart", "orders"], "restarted");
    assert_waits_for(&ns, "ready");
    let restarted = ns.ready("orders").await.unwrap();
    assert_eq!(start(&restarted), start(&resumed) + 1);
    assert_eq!(restarted["revision"], running["revision"]);

    // A suspension with an end needs no resume.
    let reason = ["--reason", "a migration"];
    assert_done(
        &ns,
        &[&["suspend", "orders", "--for", "1h"], &reason[..]].concat(),
        "suspended",
    );
    assert_waits_for(&ns, "suspended");
    let list = df(&ns, &["list", "-o", "wide"]).ok().unwrap();
    assert_says(&list, "until 20");
    assert_says(&list, ": a migration;");
    assert_done(
        &ns,
        &[&["suspend", "orders", "--for", "1s"], &reason[..]].concat(),
        "suspended",
    );
    ns.status("orders", "Running", |status| status["phase"] == "Running")
        .await
        .unwrap();

    assert_done(&ns, &["scale", "orders", "-p", "2"], "scaled");
    assert_waits_for(&ns, "ready");
    let scaled = ns.ready("orders").await.unwrap();
    assert_eq!(scaled["processes"]["summary"], "2/2");
}

#[tokio::test(flavor = "multi_thread")]
async fn states_and_steps_of_flows_are_shown() {
    let ns = TestNamespace::new("causes").await.unwrap();
    ns.start_flow("orders", &hello(), &json!({"processesCount": 2}))
        .unwrap();
    ns.start_flow("broken", "import no_such_module\n", &json!({}))
        .unwrap();
    ns.ready("orders").await.unwrap();
    ns.stalled("broken", "CrashLoop").await.unwrap();

    let graph = df(&ns, &["graph", "orders"]).ok().unwrap();
    let lines: Vec<_> = graph.lines().map(str::trim).collect();
    assert_eq!(lines.len(), 4, "{graph}");
    assert_says(&graph, "greet    map     <- seconds");
    let mermaid = df(&ns, &["graph", "orders", "-o", "mermaid"]).ok().unwrap();
    assert_says(&mermaid, "flowchart TD");
    let none = df(&ns, &["graph", "broken"]).code(1).unwrap();
    assert_says(&none.stderr, "cannot show the graph of dataflow `broken`");

    let fine = df(&ns, &["why", "orders"]).ok().unwrap();
    assert_says(&fine, "is Running");
    assert_says(&fine, "2 pods, nothing wrong with them");
    assert!(!fine.contains("BROKEN"), "{fine}");
    let broken = df(&ns, &["why", "broken"]).ok().unwrap();
    assert_says(&broken, "Stalled is True");
    assert_says(&broken, "broken-0: ");
    assert_says(
        &broken,
        "ModuleNotFoundError: No module named 'no_such_module'",
    );
    assert_says(
        &broken,
        &format!("waxctl df rollback broken -n {} --yes", ns.name),
    );

    // What the API server accepts, `validate` accepts too.
    let text = df(&ns, &["get", "orders", "-o", "yaml"]).ok().unwrap();
    let file = ns.folder().join("orders.yaml");
    std::fs::write(&file, text).unwrap();
    df(&ns, &["validate", file.to_str().unwrap()])
        .code(0)
        .unwrap();
}

fn start(status: &Value) -> i64 {
    status["start"].as_i64().unwrap()
}

#[track_caller]
fn assert_done(ns: &TestNamespace, arguments: &[&str], done: &str) {
    let finished = df(ns, arguments).code(0).unwrap();
    assert_eq!(
        finished.stdout,
        format!("dataflow.bytewax.io/orders {done}\n")
    );
}

#[track_caller]
fn assert_waits_for(ns: &TestNamespace, state: &str) {
    let finished = df(ns, &["wait", "orders"]).code(0).unwrap();
    assert_eq!(
        finished.stdout,
        format!("dataflow.bytewax.io/orders {state}\n")
    );
}
