//! Tests what status and events report about failing backups, while the flow keeps running.

use jiff::Timestamp;
use serde_json::{Value, json};
use wax_tests::counting::{Counting, NAME};
use wax_tests::namespace::condition;
use wax_tests::s3::{S3, SECRET};
use wax_tests::wait;

use super::backups::{ask, backed_up, lose, point, restore, suspend};

/// Waits until the condition `BackupFailing` has this reason, or is absent for `None`, while the flow is ready. Returns
/// its message.
async fn failing(counting: &Counting, reason: Option<&str>) -> String {
    // The next regular attempt may be minutes away, so a backup is requested. Status reports whether it succeeds.
    let words = ["df", "backup", NAME, "-n", &counting.ns.name];
    counting.ns.waxctl(&words).unwrap();
    let holds = |status: &Value| {
        condition(status, "BackupFailing")["reason"].as_str() == reason
            && status["phase"] == "Running"
            && condition(status, "Ready")["status"] == "True"
    };
    let what = format!("BackupFailing {reason:?}");
    let status = counting.ns.status(NAME, &what, holds).await.unwrap();
    counting.is_exact().await.unwrap();
    let message = &condition(&status, "BackupFailing")["message"];
    message.as_str().unwrap_or_default().to_owned()
}

/// Waits until there are events with all of these reasons.
pub(super) async fn events(counting: &Counting, wanted: &[&str]) {
    let template = "jsonpath={range .items[*]}{.reason}{\"\\n\"}{end}";
    wait::until(&format!("events {wanted:?}"), || {
        let events = ["get", "events.events.k8s.io", "-o", template];
        let told = counting.ns.kubectl(&events)?.ok()?;
        let told: Vec<&str> = told.lines().collect();
        let there = wanted.iter().all(|reason| told.contains(reason));
        Ok(there.then_some(()))
    })
    .await
    .unwrap();
}

/// Checks that a backup waits for a server that does not answer, and that the flow keeps running meanwhile.
async fn slow(counting: &Counting, s3: &S3) {
    s3.freeze().unwrap();
    std::thread::scope(|scope| {
        let words = ["df", "backup", NAME, "-n", &counting.ns.name];
        let asked = scope.spawn(move || counting.ns.waxctl(&words).unwrap());
        let exact = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(counting.is_exact())
        });
        assert!(!asked.is_finished(), "{:?}", asked.join());
        s3.wake().unwrap();
        exact.unwrap();
        asked.join().unwrap().ok().unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn failing_bucket_is_reported_while_flow_runs() {
    let (mut counting, mut s3) = backed_up("told", 1, 10).await;
    let (newest, _) = point(&counting, 1).await;
    slow(&counting, &s3).await;
    s3.stop().unwrap();
    let message = failing(&counting, Some("CopyFailed")).await;
    let timeline = newest.split('/').next().unwrap();
    let point = format!("the newest restore point is {timeline}/");
    assert!(message.contains(&point), "{message}");

    s3.restart_with_secret("another-secret-of-the-same-key")
        .unwrap();
    let message = failing(&counting, Some("BucketRefused")).await;
    assert!(message.contains("SignatureDoesNotMatch"), "{message}");
    s3.restart_with_secret(SECRET).unwrap();
    failing(&counting, None).await;
    events(&counting, &["BackupFailing", "BackupFailingEnded"]).await;

    // A backup that fails does not prevent a stop.
    s3.stop().unwrap();
    // The operator requests a backup before a stop only from a ready gang, and reports only attempts that failed.
    counting.ns.ready(NAME).await.unwrap();
    suspend(&mut counting).await;
    events(&counting, &["NotBackedUp"]).await;
    counting.change(&json!({"suspend": false})).await.unwrap();
    counting.is_exact().await.unwrap();
}

/// The interval of the regular copies is an hour, so every copy in the bucket was made for the stop.
#[tokio::test(flavor = "multi_thread")]
async fn suspend_backs_up_the_last_epoch() {
    let (mut counting, s3) = backed_up("to-the-end", 2, 3600).await;
    // The flow counts before the kubelet reports it ready, and only a ready gang is copied before a stop.
    counting.ns.ready(NAME).await.unwrap();
    let wanted = counting.continuity().unwrap().epoch;
    let since = Timestamp::now().as_second().cast_unsigned();
    assert!(s3.ending(".json").unwrap().is_empty());
    suspend(&mut counting).await;
    let copies = s3.ending(".json").unwrap();
    assert_eq!(copies.len(), 4, "one of each partition: {copies:?}");
    counting.change(&json!({"suspend": false})).await.unwrap();
    counting.is_exact().await.unwrap();

    let report = ask(&counting, 0, "/v1/backups?most=1").unwrap();
    let point = &report["points"][0];
    let epoch = point["epoch"].as_u64().unwrap();
    // The newest epoch was still open, and in one process perhaps also the epoch before.
    assert!(epoch + 1 >= wanted, "{epoch} covers {wanted}");
    assert!(point["taken"].as_u64() >= Some(since), "{point}");
    lose(&mut counting, 2).await;
    assert_eq!(s3.ending(".json").unwrap().len(), 8);
    let point = point["point"].as_str().unwrap();
    restore(&mut counting, point, 2).await;
    counting.advances().await.unwrap();
    let seen = counting.continuity_after(&[epoch]).unwrap();
    seen.exact().unwrap();
}
