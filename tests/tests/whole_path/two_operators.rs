//! Tests two operators at once: with a lease one is leader and the other is on standby; without a lease both work.

use serde_json::json;
use wax_tests::gang::GangWatch;
use wax_tests::namespace::condition;
use wax_tests::operator::Operator;
use wax_tests::{Cluster, TestNamespace, wait};

use super::hello;

/// Starts two operators for the namespace; the second is the namespace's own.
async fn two(ns: &mut TestNamespace, arguments: &[&str]) -> Operator {
    ns.start_operator(arguments).unwrap();
    let first = ns.take_operator().unwrap();
    wait::until_async("the first one leads", async || {
        Ok(first.leads().await?.then_some(()))
    })
    .await
    .unwrap();
    ns.start_operator(arguments).unwrap();
    ns.operator().unwrap().ask("/live").await.unwrap();
    first
}

#[tokio::test(flavor = "multi_thread")]
async fn two_working_operators_cause_no_mixture() {
    let cluster = Cluster::shared().unwrap();
    let mut ns = TestNamespace::without_operator(cluster, "both-work")
        .await
        .unwrap();
    let _first = two(&mut ns, &["--no-lease"]).await;
    let second = ns.operator().unwrap();
    wait::until_async("the second one leads, too", async || {
        Ok(second.leads().await?.then_some(()))
    })
    .await
    .unwrap();

    ns.start_flow("hello", &hello(), &json!({})).unwrap();
    let watch = GangWatch::start(&ns, "hello");
    ns.ready("hello").await.unwrap();
    for change in [
        json!({"env": [{"name": "GREETING", "value": "good morning"}]}),
        json!({"processesCount": 2}),
        json!({"processesCount": 1}),
    ] {
        ns.dataflow("hello", &change).unwrap();
        ns.ready("hello").await.unwrap();
    }
    ns.dataflow("hello", &json!({"suspend": true})).unwrap();
    let suspended = |status: &serde_json::Value| status["phase"] == "Suspended";
    ns.status("hello", "Suspended", suspended).await.unwrap();
    one_stop_and_one_start_each(watch, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn standby_operator_takes_over() {
    let cluster = Cluster::shared().unwrap();
    let mut ns = TestNamespace::without_operator(cluster, "stands-by")
        .await
        .unwrap();
    let first = two(&mut ns, &[]).await;
    ns.start_flow("hello", &hello(), &json!({})).unwrap();
    let watch = GangWatch::start(&ns, "hello");
    let started = ns.ready("hello").await.unwrap();
    assert!(first.leads().await.unwrap(), "the first one leads");
    assert!(
        !ns.operator().unwrap().leads().await.unwrap(),
        "the second one is on standby"
    );

    ns.source("hello", &hello().replace("'hello'", "'good day'"))
        .unwrap();
    first.kill().unwrap();
    let changed = ns
        .status("hello", "the new revision Ready", |status| {
            condition(status, "Ready")["reason"] == "Running"
                && status["revision"] != started["revision"]
        })
        .await
        .unwrap();
    assert!(
        ns.operator().unwrap().leads().await.unwrap(),
        "the second one leads"
    );

    // An operator that gets SIGTERM releases the lease at once.
    let second = ns.take_operator().unwrap();
    ns.start_operator(&[]).unwrap();
    ns.operator().unwrap().ask("/live").await.unwrap();
    second.stop().unwrap();
    ns.dataflow("hello", &json!({"suspend": true})).unwrap();
    ns.status("hello", "Suspended", |status| {
        status["phase"] == "Suspended" && status["revision"] == changed["revision"]
    })
    .await
    .unwrap();
    one_stop_and_one_start_each(watch, 2).await;
}

async fn one_stop_and_one_start_each(watch: GangWatch, starts: usize) {
    let ended = || Ok((watch.so_far()?.stops >= starts).then_some(()));
    wait::until("the end of the last gang", ended)
        .await
        .unwrap();
    let seen = watch.finish().unwrap();
    assert_eq!(
        seen.in_turn().unwrap(),
        (starts, starts),
        "{:#?}",
        seen.starts
    );
}
