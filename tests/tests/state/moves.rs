//! Tests a flow that continues in another cluster, with nothing of the first cluster but the bucket.

use std::fs;

use serde_json::json;
use wax_tests::counting::{NAME, RECORDS, RequestedFlow};
use wax_tests::programs::programs;
use wax_tests::{Cluster, TestNamespace};

use super::actions::store;
use super::backups::{backed_up, point, suspend};

#[tokio::test(flavor = "multi_thread")]
async fn flow_resumes_in_another_cluster_from_its_bucket() {
    let (mut counting, mut s3) = backed_up("moves", 2, 3).await;
    let (newest, epoch) = point(&counting, 5).await;
    let from = store(&counting).await;
    suspend(&mut counting).await;

    let other = Cluster::disruptive().unwrap();
    s3.move_to(other).unwrap();
    other.install_crd(&programs().unwrap().operator).unwrap();
    let mut ns = TestNamespace::without_operator(other, "moves-to")
        .await
        .unwrap();
    ns.start_operator(&[]).unwrap();
    ns.apply(&s3.keys().to_string()).unwrap();
    let in_full = format!(
        "{}/{NAME}/{}/{newest}",
        counting.ns.name,
        from["storeId"].as_str().unwrap()
    );
    let recovery = json!({
        "enabled": true,
        "partsCount": 4,
        "backupInterval": 600,
        "cloudBackup": s3.cloud_backup(3),
        "action": {"type": "Restore", "point": in_full, "expect": {"storeId": "none"}},
    });
    let requested = RequestedFlow::new(ns, 3, &recovery).unwrap();
    // The records are copied to the other cluster, so that the checker compares both.
    let records = counting.ns.volume(RECORDS).await.unwrap();
    let there = requested.ns.volume(RECORDS).await.unwrap();
    for record in fs::read_dir(records).unwrap() {
        let record = record.unwrap();
        fs::copy(record.path(), there.join(record.file_name())).unwrap();
    }
    let counting = requested.runs().await.unwrap();
    counting
        .continuity_after(&[epoch])
        .unwrap()
        .exact()
        .unwrap();
    // Both clusters may use the bucket at the same time, because each has a timeline of its own.
    let there = store(&counting).await;
    assert_eq!(there["storeId"], from["storeId"]);
    assert_ne!(there["timeline"], from["timeline"]);
}
