//! Tests backups while the flow runs, and restores after everything on the volumes was lost.

use std::fs;

use serde_json::{Value, json};
use wax_tests::TestNamespace;
use wax_tests::counting::{Counting, NAME};
use wax_tests::s3::S3;
use wax_tests::wait;

/// Starts a flow that makes backup copies of its state every `interval` seconds.
pub(super) async fn backed_up(test: &str, processes: u32, interval: u32) -> (Counting, S3) {
    let ns = TestNamespace::new(test).await.unwrap();
    Counting::backed_up(ns, processes, interval).await.unwrap()
}

/// Sends a GET request to the agent of a pod; returns its JSON answer, or `None` if there is none.
pub(super) fn ask(counting: &Counting, pod: u32, path: &str) -> Option<Value> {
    let namespace = &counting.ns.name;
    let path = format!("/api/v1/namespaces/{namespace}/pods/{NAME}-{pod}:3030/proxy{path}");
    let answer = counting.ns.kubectl(&["get", "--raw", &path]).unwrap();
    serde_json::from_str(&answer.ok().ok()?).ok()
}

/// Waits until the newest restore point has an epoch of at least `least`; returns its name and its epoch.
pub(super) async fn point(counting: &Counting, least: u64) -> (String, u64) {
    wait::until("a point", || {
        let Some(report) = ask(counting, 0, "/v1/backups?most=1") else {
            return Ok(None);
        };
        let point = &report["points"][0];
        let epoch = point["epoch"].as_u64().filter(|epoch| *epoch >= least);
        Ok(point["point"].as_str().map(str::to_owned).zip(epoch))
    })
    .await
    .unwrap()
}

/// Suspends the flow.
pub(super) async fn suspend(counting: &mut Counting) {
    counting.apply(&json!({"suspend": true})).unwrap();
    let suspended = |status: &Value| status["phase"] == "Suspended";
    let status = counting.ns.status(NAME, "suspended", suspended).await;
    status.unwrap();
}

/// Suspends the flow, and deletes all files on its volumes.
pub(super) async fn lose(counting: &mut Counting, processes: u32) {
    suspend(counting).await;
    for process in 0..processes {
        let claim = format!("recovery-{NAME}-{process}");
        let volume = counting.ns.volume(&claim).await.unwrap();
        for entry in fs::read_dir(volume).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs::remove_file(path).unwrap();
            }
        }
    }
}

/// Restores this restore point, for `processes` processes, and waits until the flow is ready.
pub(super) async fn restore(counting: &mut Counting, point: &str, processes: u32) {
    apply_action_and_wait(
        counting,
        json!({"type": "Restore", "point": point}),
        processes,
    )
    .await;
}

/// Restores the newest restore point, for `processes` processes, and waits until the flow is ready.
pub(super) async fn restore_newest(counting: &mut Counting, processes: u32) {
    apply_action_and_wait(counting, json!({"type": "Restore"}), processes).await;
}

/// Applies a recovery action for the present store, and waits until the flow is ready.
async fn apply_action_and_wait(counting: &mut Counting, action: Value, processes: u32) {
    apply_action(counting, action, processes).await;
    counting.ns.ready(NAME).await.unwrap();
}

/// Applies a recovery action for the present store and resumes the flow.
pub(super) async fn apply_action(counting: &mut Counting, mut action: Value, processes: u32) {
    let seen = counting.ns.status(NAME, "a store", |status: &Value| {
        status["recovery"]["timeline"].is_string()
    });
    let recovery = &seen.await.unwrap()["recovery"];
    action["expect"] = json!({"storeId": recovery["storeId"], "timeline": recovery["timeline"]});
    let change = json!({
        "suspend": false,
        "processesCount": processes,
        "recovery": {"action": action},
    });
    counting.apply(&change).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_store_is_refused_and_restored_twice() {
    let (mut counting, s3) = backed_up("backups", 2, 3).await;
    let (first, cut) = point(&counting, 5).await;
    lose(&mut counting, 2).await;
    counting.apply(&json!({"suspend": false})).unwrap();
    let sentence = counting.ns.stalled(NAME, "StoreRefused").await.unwrap();
    assert!(sentence.contains("part-"), "{sentence}");
    // The flow is slower after the restore, so its epochs contain fewer numbers than the earlier epochs with the same
    // numbers.
    counting.pace("0.3").unwrap();
    restore(&mut counting, &first, 3).await;
    counting.advances().await.unwrap();
    counting.continuity_after(&[cut]).unwrap().exact().unwrap();

    let (second, again) = point(&counting, cut + 3).await;
    assert_ne!(first.split('/').next(), second.split('/').next());
    lose(&mut counting, 3).await;
    restore(&mut counting, &second, 1).await;
    counting.advances().await.unwrap();
    let seen = counting.continuity_after(&[cut, again]).unwrap();
    seen.exact().unwrap();
    drop(s3);
}
