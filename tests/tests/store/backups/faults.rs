//! Tests damaged copies, an S3 server that is down, wrong credentials, and copies of only some partitions.

use std::path::Path;

use serde_json::Value;
use store::cut::ManifestFacts;
use store::partition::Partition;
use wax_tests::s3::S3;
use wax_tests::wait::until;

use super::super::Store;
use super::super::old_copies::wait_for;
use super::sidecar::{Sidecar, restore, sidecars};

/// Requests backup copies twice, each time after some numbers; returns the epochs of the restore points.
async fn two_points(store: &Store, sidecar: &Sidecar) -> Vec<u64> {
    for id in ["first", "second"] {
        let goal = store.goal(150).unwrap();
        wait_for(store, goal).await;
        let (code, answer) = sidecar.copy(id).unwrap();
        assert_eq!(code, 200, "{answer}");
    }
    let epochs = sidecar.epochs().unwrap();
    assert_eq!(epochs.len(), 2, "{epochs:?}");
    epochs
}

/// Removes a state from a copy, which SQLite cannot detect.
fn forge(copy: &Path) {
    let path = copy.to_owned();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let sql = "DELETE FROM snaps WHERE state_key = (SELECT min(state_key) FROM snaps)";
    assert!(connection.execute(sql, ()).unwrap() > 0);
}

#[tokio::test]
async fn damaged_copies_are_skipped_for_an_older_one() {
    let mut store = Store::initialised(&[0], 600).unwrap();
    let s3 = S3::start().unwrap();
    let bucket = s3.environment();
    let gang = store.start_gang(1).unwrap();
    let sidecar = sidecars(&store, 1, &bucket).await.unwrap().remove(0);
    let epochs = two_points(&store, &sidecar).await;
    let goal = store.goal(150).unwrap();
    wait_for(&store, goal).await;
    assert_eq!(sidecar.copy("third").unwrap().0, 200);
    let newest = sidecar.epochs().unwrap()[0];
    drop(sidecar);
    gang.kill().unwrap();
    store.lose().unwrap();
    let mut copies = s3.ending(".sqlite3").unwrap();
    copies.sort_by_key(|path| path.metadata().unwrap().modified().unwrap());
    let [_, second, third] = &copies[..] else {
        panic!("{copies:?}")
    };
    let forged = store.scratch().join("forged");
    std::fs::copy(third, &forged).unwrap();
    forge(&forged);
    std::fs::write(third, std::fs::read(&forged).unwrap()).unwrap();
    let whole = std::fs::read(second).unwrap();
    std::fs::write(second, &whole[..whole.len() / 2]).unwrap();

    let restored = restore(&mut store, &bucket, &[0], None).unwrap();
    let said = restored.code(0).unwrap().stderr;
    assert_eq!(
        said.matches("ignoring an unusable copy: ").count(),
        2,
        "{said}"
    );
    store.run_and_kill(1, 100).await.unwrap();
    let oldest = epochs[1];
    assert_eq!(store.resumes.last().unwrap().epoch, oldest);
    let seen = store.continuity_after(&[oldest]).unwrap();
    seen.exact().unwrap();

    // Control run: for SQLite the changed copy is valid, and with it the checker reports anomalies.
    assert_eq!(
        Partition::open_read_only(&forged)
            .unwrap()
            .facts()
            .unwrap()
            .index,
        0
    );
    store.lose().unwrap();
    let from = store.restore_from_timeline(1, &[forged], ManifestFacts::default());
    from.unwrap();
    store.run_and_kill(1, 100).await.unwrap();
    let seen = store.continuity_after(&[oldest, newest]).unwrap();
    assert!(!seen.anomalies.is_empty());
}

#[tokio::test]
async fn stopped_server_fails_copies_but_not_the_flow() {
    let mut store = Store::initialised(&[0], 600).unwrap();
    let mut s3 = S3::start().unwrap();
    let mut bucket = s3.environment();
    bucket.push(("WAXRUN_BACKUP_INTERVAL_SECONDS", "1".to_owned()));
    let gang = store.start_gang(1).unwrap();
    let sidecar = sidecars(&store, 1, &bucket).await.unwrap().remove(0);
    let state = |failing: bool| {
        let sidecar = &sidecar;
        move || {
            let report = sidecar.report()?;
            let seen = report["failingSince"].is_u64() == failing && report["taken"].is_u64();
            Ok(seen.then_some(report))
        }
    };
    until("copies by themselves", state(false)).await.unwrap();
    s3.stop().unwrap();
    let report = until("failures", state(true)).await.unwrap();
    assert!(report["failures"].as_u64() > Some(0), "{report}");
    assert_eq!(report["failureKind"], "failed");
    assert_eq!(sidecar.copy("away").unwrap().0, 502);
    let goal = store.goal(150).unwrap();
    wait_for(&store, goal).await;
    // Order: the gang is ended first, because a restarted server would inherit its locks.
    drop(gang);
    s3.restart().unwrap();
    assert_eq!(sidecar.copy("back").unwrap().0, 200);
    let report = sidecar.report().unwrap();
    assert!(report["failure"].is_null(), "{report}");
    // The next regular backup may have a file there for a moment. A file that was left behind would remain.
    until("an empty scratch folder", || {
        Ok(sidecar.scratch()?.is_empty().then_some(()))
    })
    .await
    .unwrap();
}

#[tokio::test]
async fn wrong_credentials_are_reported_while_flow_runs() {
    let mut store = Store::initialised(&[0], 600).unwrap();
    let s3 = S3::start().unwrap();
    let gang = store.start_gang(1).unwrap();
    let faults = [
        ("AWS_SECRET_ACCESS_KEY", "wrong", "SignatureDoesNotMatch"),
        ("AWS_ACCESS_KEY_ID", "nobody", "access key ID"),
        ("AWS_ACCESS_KEY_ID", "", "the Secret s3 does not exist"),
    ];
    for (name, value, said) in faults {
        let mut bucket = s3.environment();
        bucket.push(("WAXRUN_BACKUP_SECRET", "s3".to_owned()));
        bucket.push((name, value.to_owned()));
        let sidecar = sidecars(&store, 1, &bucket).await.unwrap().remove(0);
        let (code, answer) = sidecar.copy("x").unwrap();
        assert_eq!(code, 502, "{answer}");
        let failure = answer["failure"].as_str().unwrap();
        assert!(failure.contains(said), "{failure}");
        let (code, standing) = sidecar.ask("GET", "/v1/backup", "", &Value::Null).unwrap();
        assert_eq!(code, 200, "{standing}");
        let standing: Value = serde_json::from_str(&standing).unwrap();
        assert_eq!(standing["backup"]["failureKind"], "refused", "{standing}");
        assert_eq!(standing["backup"], sidecar.report().unwrap());
    }
    let goal = store.goal(100).unwrap();
    wait_for(&store, goal).await;
    gang.kill().unwrap();
    store.continuity().unwrap().exact().unwrap();
}

#[tokio::test]
async fn copy_request_without_pod_uid_is_refused() {
    let store = Store::initialised(&[0], 600).unwrap();
    let s3 = S3::start().unwrap();
    let sidecar = sidecars(&store, 1, &s3.environment())
        .await
        .unwrap()
        .remove(0);
    let body = serde_json::json!({"id": "x"});
    for header in ["", "x-waxrun-pod-uid: other\r\n"] {
        let (code, _) = sidecar.ask("POST", "/v1/backup", header, &body).unwrap();
        assert_eq!(code, 403);
    }
    assert_eq!(sidecar.copy("x").unwrap().0, 200);
}

#[tokio::test]
async fn durations_of_last_three_copies_are_reported() {
    let store = Store::initialised(&[0], 600).unwrap();
    let s3 = S3::start().unwrap();
    let sidecar = sidecars(&store, 1, &s3.environment())
        .await
        .unwrap()
        .remove(0);
    let mut told = Vec::new();
    for expected in [1, 2, 3, 3] {
        let id = told.len().to_string();
        assert_eq!(sidecar.copy(&id).unwrap().0, 200);
        let took = sidecar.report().unwrap()["copyMilliseconds"].clone();
        assert_eq!(took.as_array().unwrap().len(), expected, "{took}");
        told.push(took);
    }
    // The newest duration is the first; the others move one position.
    assert_eq!(told[2][0], told[3][1]);
    assert_eq!(told[2][1], told[3][2]);
}

#[tokio::test]
async fn copies_remain_while_another_partition_has_none() {
    let mut store = Store::initialised(&[0, 1], 600).unwrap();
    let s3 = S3::start().unwrap();
    let mut bucket = s3.environment();
    bucket.extend([
        ("WAXRUN_BACKUP_INTERVAL_SECONDS", "1".to_owned()),
        ("WAXRUN_BACKUP_KEEP", "1".to_owned()),
    ]);
    let gang = store.start_gang(2).unwrap();
    let mut both = sidecars(&store, 2, &bucket).await.unwrap();
    let (other, sidecar) = (both.remove(1), both.remove(0));
    until("a restore point", || {
        Ok((!sidecar.epochs()?.is_empty()).then_some(()))
    })
    .await
    .unwrap();
    drop(other);
    // The agent makes far more copies of partition 0 than are kept, and none of partition 1.
    let manifests = || s3.ending(".json");
    let before = manifests().unwrap().len();
    until("many copies", || {
        Ok((manifests()?.len() > before + 8).then_some(()))
    })
    .await
    .unwrap();
    let left = sidecar.epochs().unwrap();
    assert!(!left.is_empty());
    drop(sidecar);
    gang.kill().unwrap();
    store.lose().unwrap();
    restore(&mut store, &bucket, &[0], None)
        .unwrap()
        .ok()
        .unwrap();
    store.run_and_kill(1, 100).await.unwrap();
    let resumed = store.resumes.last().unwrap().epoch;
    let seen = store.continuity_after(&[resumed]).unwrap();
    seen.exact().unwrap();
}
