//! Tests changes of code, image and settings under load: each causes one outage, and no state is lost.

use serde_json::{Value, json};
use wax_tests::counting::{Counting, NAME, flow};
use wax_tests::gang::GangWatch;

/// Waits until status reports what the last start cost. Returns when the outage before it began, and the number of
/// its execution.
async fn cost_of_last_start(counting: &Counting) -> (String, i64) {
    let of_this_start = |status: &Value| {
        status["resumed"]["start"] == status["start"] && status["lastOutage"]["seconds"].is_i64()
    };
    let told = counting
        .ns
        .status(NAME, "what the change cost", of_this_start);
    let status = told.await.unwrap();
    let (outage, resumed) = (&status["lastOutage"], &status["resumed"]);
    // At least the epoch that was open at the stop is replayed.
    assert!(resumed["replayedEpochs"].as_i64() >= Some(1), "{status:#}");
    let began = outage["began"].as_str().unwrap().to_owned();
    (began, resumed["execution"].as_i64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn change_under_load_is_exact_with_one_outage() {
    let recovery = json!({"enabled": true, "partsCount": 3, "backupInterval": 2});
    let mut counting = Counting::start("changes", 2, &recovery).await.unwrap();
    let tag = ["--", "ctr", "-n", "k8s.io", "images", "tag", "--force"];
    let names = [
        "docker.io/bytewax/bytewax:0.21.1-python3.11",
        "docker.io/bytewax/bytewax:0.21.1-state",
    ];
    let tagged = [&tag[..], &names].concat();
    let cluster = counting.ns.cluster;
    cluster.box_verb("exec", &tagged).unwrap().ok().unwrap();
    counting.ns.ready(NAME).await.unwrap();
    let watch = GangWatch::start(&counting.ns, NAME);

    let other = flow().unwrap() + "\n# The same, written otherwise.\n";
    let before = counting.ns.ready(NAME).await.unwrap()["revision"].clone();
    counting.ns.source(NAME, &other).unwrap();
    let changed = |status: &Value| status["revision"] != before && status["phase"] == "Running";
    counting
        .ns
        .status(NAME, "the new code", changed)
        .await
        .unwrap();
    counting.is_exact().await.unwrap();
    for change in [
        json!({"image": {"tag": "0.21.1-state"}}),
        json!({"workersPerProcess": 2}),
        json!({"recovery": {"snapshotInterval": 2}}),
    ] {
        let (began, execution) = cost_of_last_start(&counting).await;
        counting.change(&change).await.unwrap();
        counting.is_exact().await.unwrap();
        let (later, next) = cost_of_last_start(&counting).await;
        assert!(later > began && next == execution + 1, "{change}");
    }
    counting.apply(&json!({"suspend": true})).unwrap();
    let suspended = |status: &Value| status["phase"] == "Suspended";
    counting
        .ns
        .status(NAME, "suspended", suspended)
        .await
        .unwrap();
    counting.change(&json!({"suspend": false})).await.unwrap();
    counting.is_exact().await.unwrap();

    let seen = watch.finish().unwrap();
    assert_eq!(seen.in_turn().unwrap(), (6, 5), "{:#?}", seen.starts);
}
