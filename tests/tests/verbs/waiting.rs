//! Tests `df wait` until the flow runs, until it cannot run, and until the timeout.

use serde_json::json;
use wax_tests::TestNamespace;
use wax_tests::cluster::Cluster;
use wax_tests::conversation::Conversation;

use super::{assert_says, df, hello};

#[tokio::test(flavor = "multi_thread")]
async fn wait_ends_when_ready_suspended_or_stalled() {
    let ns = TestNamespace::new("waiting").await.unwrap();
    ns.start_flow("orders", &hello(), &json!({"processesCount": 2}))
        .unwrap();
    ns.start_flow("broken", "import no_such_module\n", &json!({}))
        .unwrap();
    ns.start_flow("resting", &hello(), &json!({"suspend": true}))
        .unwrap();
    let ready = df(&ns, &["wait", "orders"]).code(0).unwrap();
    assert_eq!(ready.stdout, "dataflow.bytewax.io/orders ready\n");
    assert_says(&ready.stderr, "2");

    let suspended = df(&ns, &["wait", "resting"]).code(0).unwrap();
    assert_eq!(suspended.stdout, "dataflow.bytewax.io/resting suspended\n");

    // The reason and the exit code show that the command did not end by the timeout, which is long.
    let stalled = df(&ns, &["wait", "broken"]).code(1).unwrap();
    assert_eq!(stalled.stdout, "");
    assert_says(
        &stalled.stderr,
        "dataflow `broken` cannot become ready: CrashLoop",
    );
    assert_says(&stalled.stderr, "no_such_module");
    assert_says(
        &stalled.stderr,
        &format!("hint: kubectl waxctl df logs broken -n {}", ns.name),
    );

    // The command waits for a change that was written before it, also for one of the code only.
    let old = ns.ready("orders").await.unwrap();
    ns.source("orders", &hello().replace("hello", "hallo"))
        .unwrap();
    df(&ns, &["wait", "orders"]).code(0).unwrap();
    let new = ns.ready("orders").await.unwrap();
    assert_ne!(old["revision"], new["revision"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn wait_ends_on_timeout_interrupt_and_deletion() {
    let cluster = Cluster::shared().unwrap();
    let ns = TestNamespace::without_operator(cluster, "nobody")
        .await
        .unwrap();
    let absent = df(&ns, &["wait", "orders"]).code(1).unwrap();
    assert_says(&absent.stderr, "there is no dataflow `orders`");
    ns.start_flow("orders", &hello(), &json!({})).unwrap();

    // A busy API server may need longer than the shortest limit for its first answer.
    let mut limits = [1, 10, 100]
        .map(|seconds| format!("{seconds}s"))
        .into_iter();
    let (limit, late) = loop {
        let limit = limits.next().unwrap();
        let late = df(&ns, &["wait", "orders", "--timeout", &limit]);
        let late = late.code(3).unwrap();
        if !late.stderr.contains("the cluster did not answer") {
            break (limit, late);
        }
    };
    let told = format!("dataflow `orders` was not ready within {limit}");
    assert_says(&late.stderr, &told);
    assert_says(&late.stderr, "no operator has reconciled it yet");
    assert_says(
        &late.stderr,
        &format!("hint: kubectl waxctl install -n {}", ns.name),
    );

    let wait = ["df", "wait", "orders", "-n", &ns.name];
    let mut wait = ns.waxctl_command(ns.folder(), &wait).unwrap();
    let mut waiting = Conversation::start(&mut wait).unwrap();
    waiting.line("progress", |_| true).unwrap();
    let ended = waiting.interrupt().unwrap().code(130).unwrap();
    assert_eq!(ended.stdout, "");
    assert!(
        ended.stderr.ends_with("error: interrupted\n"),
        "{}",
        ended.stderr
    );

    let wait = ["df", "wait", "orders", "-n", &ns.name];
    let mut wait = ns.waxctl_command(ns.folder(), &wait).unwrap();
    let mut waiting = Conversation::start(&mut wait).unwrap();
    waiting.line("progress", |_| true).unwrap();
    df(&ns, &["delete", "orders", "--yes"]).ok().unwrap();
    let ended = waiting.finish().unwrap().code(1).unwrap();
    assert_says(&ended.stderr, "dataflow `orders` was deleted");
}
