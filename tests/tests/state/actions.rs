//! Tests changes of the store's layout, which need only an edit of the spec, and recovery actions, which change the
//! state itself.

use serde_json::{Value, json};
use wax_tests::continuity::Kind;
use wax_tests::counting::{Counting, KEYS, NAME};
use wax_tests::namespace::condition;
use wax_tests::wait;

/// Waits until the flow is ready, and returns `status.recovery`.
pub(super) async fn store(counting: &Counting) -> Value {
    counting.ns.ready(NAME).await.unwrap()["recovery"].clone()
}

/// Returns a change of the spec: a recovery action that expects the store and timeline of `store`.
pub(super) fn action(kind: &str, store: &Value) -> Value {
    let expect = json!({"storeId": store["storeId"], "timeline": store["timeline"]});
    json!({"recovery": {"action": {"type": kind, "expect": expect}}})
}

/// Waits until the flow runs on another timeline than `before`, and returns `status.recovery`.
async fn carried_out(counting: &Counting, before: &Value) -> Value {
    let status = counting
        .ns
        .status(NAME, "on another timeline", |status| {
            let timeline = &status["recovery"]["timeline"];
            status["phase"] == "Running" && !timeline.is_null() && *timeline != before["timeline"]
        })
        .await
        .unwrap();
    status["recovery"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn repartition_is_exact() {
    let recovery = json!({"enabled": true, "partsCount": 4, "backupInterval": 5});
    let mut counting = Counting::start("parts", 2, &recovery).await.unwrap();
    for (count, processes) in [(6, 2), (1, 3), (4, 2)] {
        let change = json!({"processesCount": processes, "recovery": {"partsCount": count}});
        counting.change(&change).await.unwrap();
        counting.is_exact().await.unwrap();
        let partitions = store(&counting).await["partitions"].clone();
        assert_eq!(partitions.as_array().unwrap().len(), count);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn change_of_single_volume_is_exact() {
    let recovery = json!({"enabled": true, "partsCount": 3, "backupInterval": 5});
    let mut counting = Counting::start("layout", 2, &recovery).await.unwrap();
    for (single, first) in [(true, "counts-recovery"), (false, "recovery-counts-0")] {
        let change = json!({"recovery": {"singleVolume": single}});
        counting.change(&change).await.unwrap();
        counting.is_exact().await.unwrap();
        assert_eq!(store(&counting).await["partitions"][0]["claim"], first);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_starts_without_state_and_runs_once() {
    let recovery = json!({"enabled": true, "partsCount": 2, "backupInterval": 2});
    let mut counting = Counting::start("reset", 2, &recovery).await.unwrap();
    let before = store(&counting).await;
    let reset = action("Reset", &before);
    counting.apply(&reset).unwrap();
    let after = carried_out(&counting, &before).await;
    assert_eq!(after["lastAction"]["type"], "Reset");
    assert_eq!(after["storeId"], before["storeId"]);
    counting.advances().await.unwrap();
    let restarted = || {
        counting
            .continuity()
            .unwrap()
            .count(Kind::RestartedFromZero)
    };
    assert_eq!(restarted(), KEYS, "no state is left");

    // The same action again, as from git: removed from the spec, and applied again.
    let without = json!({"recovery": {"action": Value::Null}});
    for again in [&without, &reset] {
        counting.change(again).await.unwrap();
    }
    counting
        .change(&json!({"processesCount": 1}))
        .await
        .unwrap();
    counting.advances().await.unwrap();
    let restarted = counting.continuity().unwrap();
    assert_eq!(restarted.count(Kind::RestartedFromZero), KEYS);
    assert_eq!(store(&counting).await["timeline"], after["timeline"]);

    // An action that expects a timeline which no longer exists.
    let mut drop = action("DropSteps", &before);
    drop["recovery"]["action"]["steps"] = json!(["continuity.check"]);
    counting.apply(&drop).unwrap();
    let told = |status: &Value| {
        condition(status, "ActionNotDone")["status"] == "True" && status["phase"] == "Running"
    };
    let ns = &counting.ns;
    ns.status(NAME, "ActionNotDone while it runs", told)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn lost_volume_is_refused_until_reset() {
    let recovery = json!({"enabled": true, "partsCount": 2, "backupInterval": 2});
    let mut counting = Counting::start("give-up", 2, &recovery).await.unwrap();
    let before = store(&counting).await;
    counting.apply(&json!({"suspend": true})).unwrap();
    let suspended = |status: &Value| status["phase"] == "Suspended";
    let ns = &counting.ns;
    ns.status(NAME, "suspended", suspended).await.unwrap();
    let delete = ["delete", "pvc", "recovery-counts-1"];
    ns.kubectl(&delete).unwrap().ok().unwrap();
    wait::gone(&ns.claims(), "recovery-counts-1").await.unwrap();
    counting.apply(&json!({"suspend": false})).unwrap();
    let told = counting.ns.stalled(NAME, "StoreRefused").await.unwrap();
    assert!(told.contains("of type Restore or Reset"), "{told}");
    counting.apply(&action("Reset", &before)).unwrap();
    carried_out(&counting, &before).await;
    counting.advances().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn detached_store_is_refused_until_adopt() {
    let recovery = json!({"enabled": true, "partsCount": 2, "backupInterval": 2});
    let mut counting = Counting::start("left", 2, &recovery).await.unwrap();
    let before = store(&counting).await;
    let off = json!({"recovery": {"enabled": false}});
    counting.change(&off).await.unwrap();
    counting.advances().await.unwrap();
    assert_eq!(store(&counting).await["detached"], true);

    let on = json!({"recovery": {"enabled": true}});
    counting.apply(&on).unwrap();
    let told = counting.ns.stalled(NAME, "StoreRefused").await.unwrap();
    assert!(told.contains("type Adopt"), "{told}");
    counting.apply(&action("Adopt", &before)).unwrap();
    let after = carried_out(&counting, &before).await;
    assert_eq!(after["detached"], Value::Null);
    let seen = counting.continuity().unwrap();
    let restarted = seen.count(Kind::RestartedFromZero);
    assert_eq!(restarted, KEYS, "only while no state was kept");
}
