//! Tests volumes that do not contain the store of the ledger: they are refused by name, and no partition is created.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use wax_tests::counting::{Counting, NAME};
use wax_tests::partitions::{copy_at_rest, replace, take_away};
use wax_tests::wait;

/// Starts a flow on two volumes and suspends it.
async fn at_rest(test: &str) -> Counting {
    let recovery = json!({"enabled": true, "partsCount": 2, "backupInterval": 2});
    let mut counting = Counting::start(test, 2, &recovery).await.unwrap();
    counting.ns.ready(NAME).await.unwrap();
    suspend(&mut counting).await;
    counting
}

async fn suspend(counting: &mut Counting) {
    counting.apply(&json!({"suspend": true})).unwrap();
    let suspended = |status: &Value| status["phase"] == "Suspended";
    counting
        .ns
        .status(NAME, "suspended", suspended)
        .await
        .unwrap();
}

/// Resumes the flow and waits until it is refused with a message that contains all of `words`.
async fn refused(counting: &mut Counting, words: &[&str]) {
    counting.apply(&json!({"suspend": false})).unwrap();
    let sentence = counting.ns.stalled(NAME, "StoreRefused").await.unwrap();
    for word in words {
        assert!(sentence.contains(word), "{word}: {sentence}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_files_are_refused_until_removed() {
    let mut counting = at_rest("strays").await;
    let one = counting.ns.volume("recovery-counts-0").await.unwrap();
    let two = counting.ns.volume("recovery-counts-1").await.unwrap();
    let part = one.join("part-0.sqlite3");

    let copy = one.join("copy-of-part-0.sqlite3");
    fs::copy(&part, &copy).unwrap();
    refused(&mut counting, &["copy-of-part-0.sqlite3"]).await;
    fs::remove_file(&copy).unwrap();
    counting.ns.ready(NAME).await.unwrap();
    counting.is_exact().await.unwrap();

    suspend(&mut counting).await;
    let foreign = two.join("part-0.sqlite3");
    fs::copy(&part, &foreign).unwrap();
    refused(&mut counting, &["part-0.sqlite3"]).await;
    fs::remove_file(&foreign).unwrap();
    counting.ns.ready(NAME).await.unwrap();

    suspend(&mut counting).await;
    let aside = one.join("aside");
    fs::rename(&part, &aside).unwrap();
    refused(&mut counting, &["part"]).await;
    assert!(!part.exists(), "a missing partition is not created again");
    fs::rename(&aside, &part).unwrap();
    counting.ns.ready(NAME).await.unwrap();
    counting.is_exact().await.unwrap();
}

/// Copies the write-ahead log of a partition while the flow runs.
async fn written_ahead(of: &Path, to: &Path) {
    let ahead = wait::until("something written ahead", || {
        Ok(fs::read(of).ok().filter(|ahead| !ahead.is_empty()))
    });
    fs::write(to, ahead.await.unwrap()).unwrap();
}

/// SQLite applies a leftover `-wal` to any file of that name, and reports no error.
#[tokio::test(flavor = "multi_thread")]
async fn write_ahead_log_of_another_file_is_refused() {
    let recovery = json!({"enabled": true, "partsCount": 2, "backupInterval": 2});
    let mut counting = Counting::start("written-ahead", 2, &recovery)
        .await
        .unwrap();
    let volume = counting.ns.volume("recovery-counts-1").await.unwrap();
    let part = volume.join("part-1.sqlite3");
    let ahead = volume.join("part-1.sqlite3-wal");
    let folder = counting.ns.folder().to_owned();
    // The flow runs long enough for the engine to collect the snapshots of the start before.
    let starts =
        ["one", "two"].map(|start| (folder.join(start), folder.join(format!("{start}-ahead"))));
    for (main, leftover) in &starts {
        counting.change(&json!({"suspend": false})).await.unwrap();
        for _ in 0..6 {
            counting.advances().await.unwrap();
        }
        written_ahead(&ahead, leftover).await;
        suspend(&mut counting).await;
        copy_at_rest(&part, main).unwrap();
    }
    let [(one, one_ahead), (two, two_ahead)] = &starts;
    for (main, leftover) in [(one, two_ahead), (two, one_ahead)] {
        replace(&part, main).unwrap();
        fs::copy(leftover, &ahead).unwrap();
        refused(&mut counting, &["partition", "old copy"]).await;
        suspend(&mut counting).await;
    }
    take_away(&part).unwrap();
    copy_at_rest(two, &part).unwrap();
    counting.change(&json!({"suspend": false})).await.unwrap();
    counting.is_exact().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn recreated_pvc_is_refused_and_not_initialised() {
    let mut counting = at_rest("lost").await;
    let claims = counting.ns.claims();
    let delete = ["delete", "pvc", "recovery-counts-1"];
    counting.ns.kubectl(&delete).unwrap().ok().unwrap();
    wait::gone(&claims, "recovery-counts-1").await.unwrap();
    refused(&mut counting, &["recovery-counts-1", "no longer exists"]).await;
    let made = json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "recovery-counts-1", "labels": {"bytewax.io/dataflow-info": NAME}},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    });
    counting.ns.apply(&made.to_string()).unwrap();
    let another = |status: &Value| {
        let stalled = wax_tests::namespace::condition(status, "Stalled");
        stalled["message"]
            .as_str()
            .is_some_and(|text| text.contains("was replaced"))
    };
    counting
        .ns
        .status(NAME, "refused again", another)
        .await
        .unwrap();
    assert!(
        counting.ns.gang(NAME).await.unwrap().is_empty(),
        "nothing was started"
    );
}
