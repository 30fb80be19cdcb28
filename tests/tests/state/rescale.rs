//! Tests changes of the number of processes: partitions stay on their volume, and move only if their process is removed.

use serde_json::{Value, json};
use wax_tests::counting::{Counting, NAME};

/// Returns the PVC of each partition, as the ledger has it.
fn places(status: &Value) -> Vec<String> {
    let partitions = status["recovery"]["partitions"].as_array().unwrap();
    partitions
        .iter()
        .map(|partition| partition["claim"].as_str().unwrap().to_owned())
        .collect()
}

/// Changes the number of processes and checks that no state was lost.
async fn rescale(counting: &mut Counting, processes: u32) {
    let change = json!({"processesCount": processes});
    counting.change(&change).await.unwrap();
    counting.is_exact().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn scaling_with_one_volume_per_process_is_exact() {
    let recovery = json!({"enabled": true, "partsCount": 4, "backupInterval": 5});
    let mut counting = Counting::start("rescale", 1, &recovery).await.unwrap();
    let status = counting.ns.ready(NAME).await.unwrap();
    assert_eq!(places(&status), ["recovery-counts-0"; 4]);
    for processes in [2, 3, 1] {
        rescale(&mut counting, processes).await;
    }
    let status = counting.ns.ready(NAME).await.unwrap();
    assert_eq!(
        places(&status),
        ["recovery-counts-0"; 4],
        "all partitions are on the volume of process 0"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn partitions_move_when_their_process_is_removed() {
    let recovery = json!({"enabled": true, "partsCount": 4, "backupInterval": 5});
    let mut counting = Counting::start("leave", 3, &recovery).await.unwrap();
    let claim = |ordinal: u32| format!("recovery-counts-{ordinal}");
    let expected = [
        (3, [0, 1, 2, 0]),
        (2, [0, 1, 1, 0]),
        (3, [0, 1, 1, 0]),
        (1, [0, 0, 0, 0]),
    ];
    for (processes, ordinals) in expected {
        rescale(&mut counting, processes).await;
        let status = counting.ns.ready(NAME).await.unwrap();
        assert_eq!(places(&status), ordinals.map(claim));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn scaling_on_one_volume_is_exact() {
    let recovery = json!({"enabled": true, "partsCount": 4, "singleVolume": true});
    let mut counting = Counting::start("shared", 1, &recovery).await.unwrap();
    for processes in [2, 3, 1] {
        rescale(&mut counting, processes).await;
    }
    let status = counting.ns.ready(NAME).await.unwrap();
    assert_eq!(places(&status), ["counts-recovery"; 4]);
}
