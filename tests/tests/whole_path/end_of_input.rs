//! A flow that has read all its input is Completed, and is not run again.

use serde_json::json;
use wax_tests::TestNamespace;
use wax_tests::audit::Audit;

use super::flow;

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_input_is_completed_once_and_for_all() {
    let mut ns = TestNamespace::new("completed").await.unwrap();
    ns.start_flow("finite", &flow("finite"), &json!({"processesCount": 2}))
        .unwrap();
    let completed = ns
        .status("finite", "Completed", |status| {
            status["phase"] == "Completed"
        })
        .await
        .unwrap();
    wax_tests::wait::gone(&ns.pods(), "finite-0").await.unwrap();
    wax_tests::wait::gone(&ns.pods(), "finite-1").await.unwrap();

    let audit = Audit::of(ns.cluster).unwrap();
    ns.take_operator().unwrap().stop().unwrap();
    let mark = audit.mark().unwrap();
    ns.start_operator(&[]).unwrap();
    audit.one_minute().await.unwrap();
    assert_eq!(audit.writes(mark, &ns.name).unwrap(), Vec::<String>::new());

    ns.source("finite", &flow("finite").replace("range(5)", "range(6)"))
        .unwrap();
    let again = ns
        .status("finite", "the new revision Completed", |status| {
            status["phase"] == "Completed" && status["revision"] != completed["revision"]
        })
        .await
        .unwrap();
    assert_eq!(
        again["start"].as_i64().unwrap(),
        completed["start"].as_i64().unwrap() + 1,
        "a new revision is one more start"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_flow_is_never_shown_as_complete() {
    let ns = TestNamespace::new("failing").await.unwrap();
    ns.start_flow("raises", &flow("raises"), &json!({"keepAlive": true}))
        .unwrap();
    let mut phases = Vec::new();
    ns.status("raises", "Stalled", |status| {
        phases.push(status["phase"].to_string());
        wax_tests::namespace::condition(status, "Stalled")["reason"] == "CrashLoop"
    })
    .await
    .unwrap();
    assert!(!phases.contains(&"\"Completed\"".to_owned()), "{phases:?}");
}
