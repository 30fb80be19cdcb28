//! Tests suspend, resume, restart, scale, why, graph, validate, support and the import of a release.

use std::process::Command;

use serde_json::{Value, json};
use wax_tests::TestNamespace;
use wax_tests::command::run;

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
    support_bundle(&ns);
}

fn support_bundle(ns: &TestNamespace) {
    let file = ns.folder().join("bundle.tar.gz");
    let path = file.to_str().unwrap();
    let written = ns.waxctl(&["support", "-o", path, "--namespace", &ns.name]);
    let written = written.unwrap().code(0).unwrap();
    assert_eq!(written.stdout, format!("{path}\n"));
    let all = run(Command::new("tar").args(["xzOf", path]), b"");
    let all = all.unwrap().ok().unwrap();
    // The manifest, a status, the report of an agent, a log, and the log of a container that has crashed.
    for expected in [
        "neverIncluded:",
        "observedGeneration:",
        "formed: true",
        "hello ",
        "No module named 'no_such_module'",
    ] {
        assert_says(&all, expected);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn helm_release_is_imported_without_dataflow() {
    let ns = TestNamespace::new("release").await.unwrap();
    let metadata =
        json!({"name": "bytewax", "version": "0.8.1", "appVersion": "0.21.1-python3.11"});
    let config = json!({"configuration": {"pythonFileName": "hello.py", "processesCount": 2}});
    let release = json!({
        "name": "legacy", "namespace": ns.name, "version": 1, "config": config,
        "chart": {"metadata": metadata, "values": {"image": {"repository": "bytewax/bytewax"}}},
    });
    let encode = ["-c", "gzip | base64 -w0 | base64 -w0"];
    let encoded = run(
        Command::new("sh").args(encode),
        release.to_string().as_bytes(),
    );
    let labels = json!({"owner": "helm", "name": "legacy", "status": "deployed", "version": "1"});
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "helm.sh/release.v1",
        "metadata": {"name": "sh.helm.release.v1.legacy.v1", "labels": labels},
        "data": {"release": encoded.unwrap().ok().unwrap()},
    });
    ns.apply(&secret.to_string()).unwrap();
    let code = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "legacy"},
        "data": {"hello.py": hello()},
    });
    ns.apply(&code.to_string()).unwrap();
    let folder = ns.folder().join("legacy");
    let folder = folder.to_str().unwrap();
    let imported = df(&ns, &["import", "legacy", "--into", folder]);
    let imported = imported.code(0).unwrap();
    assert_says(&imported.stderr, "helm uninstall legacy");
    // Nothing of the release runs here, so its files can be applied at once.
    ns.kubectl(&["apply", "-k", folder]).unwrap().ok().unwrap();
    let status = ns.ready("legacy").await.unwrap();
    assert_eq!(status["processes"]["summary"], "2/2");
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
