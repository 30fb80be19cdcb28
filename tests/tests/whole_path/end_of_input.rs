//! Tests that a flow which has read all its input is Completed, and is not started again.

use anyhow::Result;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};
use serde_json::{Value, json};
use wax_tests::audit::Audit;
use wax_tests::gang::GangWatch;
use wax_tests::{TestNamespace, wait};

use super::flow;

#[tokio::test(flavor = "multi_thread")]
async fn completed_flow_causes_no_writes_until_changed() {
    let mut ns = TestNamespace::new("completed").await.unwrap();
    ns.start_flow("finite", &flow("finite"), &json!({"processesCount": 2}))
        .unwrap();
    let completed = ns
        .status("finite", "Completed", |status| {
            status["phase"] == "Completed"
        })
        .await
        .unwrap();
    wait::gone(&ns.pods(), "finite-0").await.unwrap();
    wait::gone(&ns.pods(), "finite-1").await.unwrap();

    let audit = Audit::of(ns.cluster).unwrap();
    ns.take_operator().unwrap().stop().unwrap();
    let mark = audit.mark().unwrap();
    ns.start_operator(&[]).unwrap();
    ns.operator().unwrap().has_reconciled(1).await.unwrap();
    audit.one_minute().await.unwrap();
    let mut writes = audit.writes(mark, &ns.name).unwrap();
    // The kubelet and the controllers may still report the end of the pods in events, in the status of the StatefulSet
    // and in endpoints. A new start needs a write of the operator, or a new pod.
    writes.retain(|write| {
        let new_pod = write.is_to("pods") && write.verb() == "create";
        write.by_operator() || write.is_to("dataflows") || new_pod
    });
    assert!(writes.is_empty(), "{writes:#?}");

    let watch = GangWatch::start(&ns, "finite");
    ns.source("finite", &flow("finite").replace("range(5)", "range(6)"))
        .unwrap();
    let again = ns
        .status("finite", "the new revision Completed", |status| {
            status["phase"] == "Completed" && status["revision"] != completed["revision"]
        })
        .await
        .unwrap();
    let [before, after] = [&completed, &again].map(|status| status["start"].as_i64().unwrap());
    assert!(after > before, "{before} {after}");
    wait::until("the end of the gang", || {
        Ok((watch.so_far()?.stops >= 1).then_some(()))
    })
    .await
    .unwrap();
    // A start number may be allocated without a start, if the next write has a conflict. A gang must not be started
    // without need.
    let seen = watch.finish().unwrap();
    assert_eq!(seen.in_turn().unwrap(), (1, 1), "{:#?}", seen.starts);
    assert_eq!(seen.starts[0].start, after.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn completed_flow_does_not_run_again() {
    let mut ns = TestNamespace::new("ended").await.unwrap();
    let spec = json!({"processesCount": 2, "keepAlive": true});
    ns.start_flow("finite", &flow("finite"), &spec).unwrap();
    let done = |status: &Value| status["phase"] == "Completed";
    let completed = ns.status("finite", "Completed", done).await.unwrap();
    written(&ns, 5).await;

    for name in ["finite-0", "finite-1"] {
        // From outside the container, because no signal from inside can kill its first process.
        let pod = ns.pods().get(name).await.unwrap();
        let id = process(&pod).unwrap().container_id.clone().unwrap();
        let id = id.trim_start_matches("containerd://");
        let kill = [
            "--", "ctr", "-n", "k8s.io", "tasks", "kill", "--signal", "SIGKILL", id,
        ];
        ns.cluster.box_verb("exec", &kill).unwrap().ok().unwrap();
        wait::object(&ns.pods(), name, "a second container", |pod| {
            process(pod).is_some_and(|now| now.restart_count == 1 && now.started == Some(true))
        })
        .await
        .unwrap();
        ns.log_line(name, "reached the end of all input")
            .await
            .unwrap();
    }
    assert_eq!(
        items(&ns).unwrap(),
        0,
        "a killed container reads nothing again"
    );

    // The pods are deleted while no operator runs that could prevent a restart.
    ns.take_operator().unwrap().kill().unwrap();
    ns.kubectl(&["delete", "pod", "finite-0", "finite-1"])
        .unwrap()
        .ok()
        .unwrap();
    for name in ["finite-0", "finite-1"] {
        wait::object(&ns.pods(), name, "a pod with a scheduling gate", |pod| {
            let conditions = pod
                .status
                .iter()
                .flat_map(|status| status.conditions.iter().flatten());
            let mut reasons = conditions.filter_map(|condition| condition.reason.as_deref());
            reasons.any(|reason| reason == "SchedulingGated")
        })
        .await
        .unwrap();
    }
    ns.start_operator(&[]).unwrap();
    ns.operator().unwrap().has_reconciled(1).await.unwrap();
    let after = ns.status("finite", "Completed", done).await.unwrap();
    assert_eq!(
        (&after["start"], &after["revision"]),
        (&completed["start"], &completed["revision"])
    );

    ns.source("finite", &flow("finite").replace("range(5)", "range(6)"))
        .unwrap();
    ns.status("finite", "the new revision Completed", |status| {
        done(status) && status["revision"] != completed["revision"]
    })
    .await
    .unwrap();
    written(&ns, 6).await;
}

/// Returns the number of items that the present containers have written, or an error if a log cannot be read.
fn items(ns: &TestNamespace) -> Result<usize> {
    let count = |pod: &str| -> Result<usize> {
        let log = ns.kubectl(&["logs", pod, "-c", "process"])?.ok()?;
        Ok(log.matches("item ").count())
    };
    Ok(count("finite-0")? + count("finite-1")?)
}

/// Waits until the present containers have written exactly `wanted` items. A log may be late, or absent for a moment.
async fn written(ns: &TestNamespace, wanted: usize) {
    let enough = || Ok(items(ns).ok().filter(|count| *count >= wanted));
    let count = wait::until("items in the logs", enough).await.unwrap();
    assert_eq!(count, wanted);
}

/// Returns the status of the container `process` of a pod.
fn process(pod: &Pod) -> Option<&ContainerStatus> {
    let all = pod.status.as_ref()?.container_statuses.as_ref()?;
    all.iter().find(|container| container.name == "process")
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_flow_is_never_completed() {
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
