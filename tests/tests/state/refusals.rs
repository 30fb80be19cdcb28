//! What is not the store that the ledger speaks of is refused by name, and nothing is made anew.

use std::fs;

use serde_json::{Value, json};
use wax_tests::counting::{Counting, NAME};
use wax_tests::wait;

/// A flow on two volumes, at rest.
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

/// The flow is resumed and refused; the sentence has all of `words`.
async fn refused(counting: &mut Counting, words: &[&str]) {
    counting.apply(&json!({"suspend": false})).unwrap();
    let sentence = counting.ns.stalled(NAME, "StoreRefused").await.unwrap();
    for word in words {
        assert!(sentence.contains(word), "{word}: {sentence}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_do_not_belong_are_refused_and_their_removal_heals() {
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
    assert!(!part.exists(), "what is missing is not made anew");
    fs::rename(&aside, &part).unwrap();
    counting.ns.ready(NAME).await.unwrap();
    counting.is_exact().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_made_anew_is_refused_and_not_initialised() {
    let mut counting = at_rest("lost").await;
    let claims = counting.ns.claims();
    let delete = ["delete", "pvc", "recovery-counts-1"];
    counting.ns.kubectl(&delete).unwrap().ok().unwrap();
    wait::gone(&claims, "recovery-counts-1").await.unwrap();
    refused(&mut counting, &["recovery-counts-1", "is gone"]).await;
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
            .is_some_and(|text| text.contains("is another one now"))
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
