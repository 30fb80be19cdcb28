//! Tests how verbs treat state: `df get` shows it, and only `df delete --delete-state` deletes it.

use kube::ResourceExt;
use kube::api::ListParams;
use serde_json::json;
use wax_tests::TestNamespace;
use wax_tests::counting::{Counting, NAME};

use super::{assert_says, df};

async fn claims(ns: &TestNamespace) -> Vec<String> {
    let all = ns.claims().list(&ListParams::default()).await.unwrap();
    all.items.iter().map(ResourceExt::name_any).collect()
}

fn shows_what_the_processes_say(ns: &TestNamespace) {
    // On a busy machine the answer may take longer than the default timeout.
    let sheet = df(ns, &["get", NAME, "--request-timeout=5m"]);
    let sheet = sheet.ok().unwrap();
    for process in ["counts-0", "counts-1"] {
        let line = sheet.lines().find(|line| line.trim().starts_with(process));
        let words: Vec<&str> = line.unwrap().split_whitespace().collect();
        assert_eq!(words[1..3], ["running", "yes"], "{sheet}");
    }
    assert_says(&sheet, "Last start:       execution 0, from epoch 1\n");
    assert_says(&sheet, "Frontier:         epoch ");
    assert_says(&sheet, "Orphaned steps:   <none>\n");
    assert_says(&sheet, "1           recovery-counts-1   Ready\n");
    assert!(!sheet.contains("unknown"), "{sheet}");
    let near = df(ns, &["get", "count"]).code(1).unwrap();
    assert_says(&near.stderr, "did you mean `counts`?");
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_state_deletes_only_the_flows_volumes() {
    let recovery = json!({"enabled": true, "partsCount": 2, "persistence": {"size": "64Mi"}});
    let mut counting = Counting::start("removing", 2, &recovery).await.unwrap();
    let status = counting.ns.ready(NAME).await.unwrap();
    let store = status["recovery"]["storeId"].as_str().unwrap().to_owned();
    shows_what_the_processes_say(&counting.ns);
    // A PVC does not belong to the flow only because of its name.
    let foreign = json!({
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "recovery-counts-7"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "64Mi"}},
        },
    });
    counting.ns.apply(&foreign.to_string()).unwrap();
    let before = claims(&counting.ns).await;
    let foreign = ["records", "recovery-counts-7"];
    assert_eq!(before.len(), foreign.len() + 2, "{before:?}");

    let shown = df(&counting.ns, &["delete", NAME, "--delete-state"]);
    let shown = shown.code(5).unwrap().stderr;
    assert_says(&shown, &format!("recovery-counts-1   64Mi   {store}"));
    assert_says(&shown, "--delete-state --yes");
    assert_eq!(claims(&counting.ns).await, before);
    let removal = ["delete", NAME, "--delete-state", "--yes"];
    let removed = df(&counting.ns, &removal).ok().unwrap();
    let volumes = "persistentvolumeclaim/recovery-counts-0 deleted\npersistentvolumeclaim/recovery-counts-1 deleted\n";
    let flow = "dataflow.bytewax.io/counts deleted\n";
    assert_eq!(removed, format!("{flow}{volumes}"));
    assert!(counting.ns.gang(NAME).await.unwrap().is_empty());
    assert_eq!(claims(&counting.ns).await, foreign);

    // The flow that is created again has another store. Deleted without the flag, it leaves that store behind.
    counting.apply(&json!({})).unwrap();
    let status = counting.ns.ready(NAME).await.unwrap();
    assert_ne!(status["recovery"]["storeId"], store.as_str());
    let deleted = df(&counting.ns, &["delete", NAME, "--yes"]);
    let deleted = deleted.code(0).unwrap().stderr;
    assert_says(&deleted, "Its state remains on recovery-counts-0");
    assert_eq!(claims(&counting.ns).await, before);
    assert_eq!(df(&counting.ns, &removal).ok().unwrap(), volumes);
    assert_eq!(claims(&counting.ns).await, foreign);
    let nothing = df(&counting.ns, &removal).code(1).unwrap();
    assert_says(&nothing.stderr, "there is no dataflow `counts`");
}
