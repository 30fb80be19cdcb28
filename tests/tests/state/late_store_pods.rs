//! Tests the store pod of an earlier store change that an operator creates again, because it was delayed.

use futures::{TryStreamExt, pin_mut};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::runtime::{WatchStreamExt, watcher};
use serde_json::{Value, json};
use wax_tests::counting::{Counting, NAME};
use wax_tests::wait;

use super::actions::store;
use super::backups::suspend;

/// Name of the late pod.
const LATE: &str = "late-job";

/// Waits for the next store pod, and returns a manifest with which the same pod can be created again.
async fn next_job(pods: Api<Pod>) -> Value {
    let config = watcher::Config::default().labels("bytewax.io/component=store");
    let jobs = watcher(pods, config).default_backoff().applied_objects();
    pin_mut!(jobs);
    let seen = tokio::time::timeout(wait::DEADLINE, jobs.try_next()).await;
    let pod = serde_json::to_value(seen.unwrap().unwrap()).unwrap();
    let mut spec = pod["spec"].clone();
    spec.as_object_mut().unwrap().remove("nodeName");
    let kept = |field: &str| pod["metadata"][field].clone();
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": LATE,
            "labels": kept("labels"),
            "annotations": kept("annotations"),
            "ownerReferences": kept("ownerReferences"),
        },
        "spec": spec,
    })
}

/// Creates the late store pod while no operator can delete it, and checks that it was refused.
async fn refused(counting: &mut Counting, job: &Value) {
    counting.ns.take_operator().unwrap().stop().unwrap();
    counting.ns.apply(&job.to_string()).unwrap();
    let said = |pod: &Pod| -> Option<String> {
        let containers = pod.status.as_ref()?.container_statuses.as_ref()?;
        let states = |status: &k8s_openapi::api::core::v1::ContainerStatus| {
            [status.state.clone(), status.last_state.clone()]
        };
        let mut ended = containers.iter().flat_map(states).flatten();
        ended.find_map(|state| state.terminated?.message)
    };
    let pods = counting.ns.pods();
    let ended = |pod: &Pod| said(pod).is_some();
    let pod = wait::object(&pods, LATE, "has ended", ended).await.unwrap();
    counting.ns.start_operator(&[]).unwrap();
    wait::gone(&pods, LATE).await.unwrap();
    let report: Value = serde_json::from_str(&said(&pod).unwrap()).unwrap();
    assert_eq!(report["kind"], "StoreRefused", "{report}");
    let why = report["exception"].as_str().unwrap();
    assert!(why.contains("this pod is for store change 2"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn late_store_pod_changes_nothing() {
    let recovery = json!({"enabled": true, "partsCount": 4, "backupInterval": 5});
    let mut counting = Counting::start("late", 3, &recovery).await.unwrap();
    let next = next_job(counting.ns.pods());
    let change = json!({"processesCount": 2});
    let (job, changed) = tokio::join!(next, counting.change(&change));
    changed.unwrap();
    counting.is_exact().await.unwrap();
    counting
        .change(&json!({"processesCount": 1}))
        .await
        .unwrap();
    counting.is_exact().await.unwrap();
    let before = store(&counting).await;

    refused(&mut counting, &job).await;
    counting.is_exact().await.unwrap();

    suspend(&mut counting).await;
    refused(&mut counting, &job).await;
    counting.change(&json!({"suspend": false})).await.unwrap();
    counting.is_exact().await.unwrap();
    assert_eq!(store(&counting).await, before, "{NAME} is where it was");
}
