//! Tests a full recovery volume: status names it, and a larger size in the spec is enough to continue.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use serde_json::{Value, json};
use wax_tests::counting::{Counting, NAME};

/// Fills the file system of a folder completely.
fn fill(folder: &Path) {
    let mut file = File::create(folder.join("filler")).unwrap();
    for block in [1 << 16, 1 << 12, 1] {
        let zeros = vec![0; block];
        loop {
            match file.write_all(&zeros) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => break,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn full_volume_is_named_and_resumes_after_growth() {
    let recovery = json!({
        "enabled": true,
        "partsCount": 2,
        "backupInterval": 2,
        "persistence": {"size": "16Mi"},
    });
    let mut counting = Counting::start("full", 2, &recovery).await.unwrap();
    for (process, more) in [(1, "32Mi"), (0, "64Mi")] {
        counting.ns.ready(NAME).await.unwrap();
        let claim = format!("recovery-{NAME}-{process}");
        fill(&counting.ns.volume(&claim).await.unwrap());
        let told = counting.ns.stalled(NAME, "DiskFull").await.unwrap();
        let volume = format!("recovery volume {process}");
        for words in [&volume, "full", &claim, "spec.recovery.persistence.size"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        let failed = |status: &Value| status["lastFailure"]["reason"] == "DiskFull";
        counting
            .ns
            .status(NAME, "the failure", failed)
            .await
            .unwrap();
        let room = json!({"recovery": {"persistence": {"size": more}}});
        counting.apply(&room).unwrap();
        counting.is_exact().await.unwrap();
    }
    counting.ns.ready(NAME).await.unwrap();
}
