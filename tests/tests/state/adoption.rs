//! A ledger that is lost, with the status or with the whole Dataflow, is read from what runs or
//! from the volumes.

use serde_json::{Value, json};
use wax_tests::counting::{Counting, NAME};
use wax_tests::wait;

async fn start(test: &str) -> Counting {
    let recovery = json!({"enabled": true, "partsCount": 3, "backupInterval": 2});
    Counting::start(test, 2, &recovery).await.unwrap()
}

fn wipe(counting: &Counting) {
    let patch = json!([{"op": "remove", "path": "/status"}]).to_string();
    let wipe = [
        "patch",
        "dataflow",
        NAME,
        "--subresource=status",
        "--type=json",
        "-p",
        &patch,
    ];
    counting.ns.kubectl(&wipe).unwrap().ok().unwrap();
}

async fn suspend(counting: &mut Counting) {
    counting.apply(&json!({"suspend": true})).unwrap();
    let suspended = |status: &Value| status["phase"] == "Suspended";
    let ns = &counting.ns;
    ns.status(NAME, "suspended", suspended).await.unwrap();
}

/// Waits until the flow runs on this store.
async fn runs_on(counting: &Counting, store: &Value) {
    let same = |status: &Value| {
        let recovery = &status["recovery"];
        status["phase"] == "Running"
            && ["storeId", "timeline", "partitions"]
                .iter()
                .all(|field| recovery[*field] == store[*field])
    };
    let ns = &counting.ns;
    ns.status(NAME, "runs on the same store", same)
        .await
        .unwrap();
}

async fn uids(counting: &Counting) -> Vec<Option<String>> {
    let pods = counting.ns.gang(NAME).await.unwrap();
    pods.into_iter().map(|pod| pod.metadata.uid).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wiped_status_stops_nothing_and_loses_nothing() {
    let mut counting = start("wiped").await;
    let store = counting.ns.ready(NAME).await.unwrap()["recovery"].clone();
    let before = uids(&counting).await;
    wipe(&counting);
    runs_on(&counting, &store).await;
    assert_eq!(uids(&counting).await, before, "the gang runs on");
    counting.is_exact().await.unwrap();

    suspend(&mut counting).await;
    wipe(&counting);
    counting.apply(&json!({"suspend": false})).unwrap();
    runs_on(&counting, &store).await;
    counting.is_exact().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataflow_made_anew_goes_on_with_its_volumes() {
    let mut counting = start("anew").await;
    let store = counting.ns.ready(NAME).await.unwrap()["recovery"].clone();
    // As a tool does that prunes what is no longer in git; it spares what says so.
    let claims = counting.ns.claims();
    for claim in ["recovery-counts-0", "recovery-counts-1"] {
        let claim = claims.get(claim).await.unwrap();
        let annotations = claim.metadata.annotations.unwrap();
        let argo = &annotations["argocd.argoproj.io/sync-options"];
        assert_eq!(argo, "Prune=false,Delete=false");
        assert_eq!(annotations["kustomize.toolkit.fluxcd.io/prune"], "disabled");
        assert_eq!(claim.metadata.owner_references, None);
    }
    let delete = ["delete", "dataflow", NAME, "--cascade=foreground", "--wait"];
    counting.ns.kubectl(&delete).unwrap().ok().unwrap();
    wait::gone(&counting.ns.pods(), "counts-0").await.unwrap();
    counting.apply(&json!({"processesCount": 3})).unwrap();
    runs_on(&counting, &store).await;
    counting.is_exact().await.unwrap();

    // A volume that is gone is missed, and nothing is made in its place.
    let ns = &counting.ns;
    ns.kubectl(&delete).unwrap().ok().unwrap();
    wait::gone(&ns.pods(), "counts-1").await.unwrap();
    let lose = ["delete", "pvc", "recovery-counts-1"];
    ns.kubectl(&lose).unwrap().ok().unwrap();
    wait::gone(&claims, "recovery-counts-1").await.unwrap();
    counting.apply(&json!({"processesCount": 2})).unwrap();
    let told = counting.ns.stalled(NAME, "StoreRefused").await.unwrap();
    assert!(told.contains("of 3 partitions only [0, 2] exist"), "{told}");
    let gang = counting.ns.gang(NAME).await.unwrap();
    assert!(gang.is_empty(), "nothing was started");
}
