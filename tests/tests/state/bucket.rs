//! Tests several flows with one bucket, and uploads that fail for one partition only.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use wax_tests::TestNamespace;
use wax_tests::command::run;
use wax_tests::counting::{Counting, NAME};
use wax_tests::namespace::condition;
use wax_tests::s3::S3;
use wax_tests::wait;

use super::actions::store;
use super::backups::{ask, lose, point, restore, restore_newest};

/// Starts a flow that makes backup copies every 3 s in the bucket of an existing server, and keeps `keep` restore
/// points.
pub(super) async fn copying(test: &str, processes: u32, s3: &S3, keep: u32) -> Counting {
    let ns = TestNamespace::new(test).await.unwrap();
    ns.apply(&s3.keys().to_string()).unwrap();
    let mut copies = s3.cloud_backup(3);
    copies["keep"] = json!(keep);
    let recovery = json!({
        "enabled": true,
        "partsCount": 2,
        "backupInterval": 600,
        "cloudBackup": copies,
    });
    Counting::start_in(ns, processes, &recovery).await.unwrap()
}

/// Returns the epoch from which the newest start resumed.
pub(super) async fn resumed(counting: &Counting) -> u64 {
    let told = |status: &Value| status["resumed"]["epoch"].is_u64();
    let status = counting.ns.status(NAME, "where it went on", told).await;
    status.unwrap()["resumed"]["epoch"].as_u64().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn flows_of_same_name_share_only_the_bucket() {
    let s3 = S3::in_box(wax_tests::Cluster::shared().unwrap()).unwrap();
    let (mut here, there) = tokio::join!(
        copying("bucket-here", 1, &s3, 1000),
        copying("bucket-there", 2, &s3, 1000),
    );
    let (ours, epoch) = point(&here, 5).await;
    let (theirs, _) = point(&there, epoch + 5).await;
    let known = ask(&here, 0, "/v1/backups").unwrap();
    let known = known["points"].as_array().unwrap();
    assert!(known.iter().any(|known| known["point"] == *ours));
    assert!(known.iter().all(|known| known["point"] != *theirs));

    // The newest copies in the bucket belong to the other flow.
    lose(&mut here, 1).await;
    point(&there, epoch + 30).await;
    restore_newest(&mut here, 1).await;
    here.advances().await.unwrap();
    let epochs = [resumed(&here).await];
    here.continuity_after(&epochs).unwrap().exact().unwrap();

    // The Dataflow is created again from git, which still contains the recovery action.
    let before = store(&here).await;
    let delete = ["delete", "dataflow", NAME, "--cascade=foreground", "--wait"];
    here.ns.kubectl(&delete).unwrap().ok().unwrap();
    wait::gone(&here.ns.pods(), "counts-0").await.unwrap();
    here.change(&json!({})).await.unwrap();
    here.advances().await.unwrap();
    here.continuity_after(&epochs).unwrap().exact().unwrap();
    assert_eq!(store(&here).await["timeline"], before["timeline"]);
    there.is_exact().await.unwrap();
}

/// A folder of objects to which no file can be added. It is as before when this value is dropped.
pub(super) struct Sealed(PathBuf);

impl Sealed {
    pub(super) fn new(folder: &Path) -> Result<Self> {
        attribute("+i", folder)?;
        Ok(Self(folder.to_owned()))
    }
}

impl Drop for Sealed {
    fn drop(&mut self) {
        // A second panic during a panic would abort the process.
        drop(attribute("-i", &self.0));
    }
}

fn attribute(change: &str, folder: &Path) -> Result<()> {
    let done = run(Command::new("chattr").arg(change).arg(folder), b"")?;
    done.ok().map(drop)
}

/// Returns the manifests of all copies of one partition, the newest last.
pub(super) fn manifests(s3: &S3, partition: &str) -> Result<Vec<PathBuf>> {
    let mut manifests = s3.ending(".json")?;
    manifests.retain(|path| {
        path.parent()
            .is_some_and(|folder| folder.ends_with(partition))
    });
    // Names do not sort by age: the tenth copy of a start comes before the second. A manifest that was deleted
    // meanwhile has no time and comes first.
    let sent = |path: &PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
    manifests.sort_by_cached_key(sent);
    Ok(manifests)
}

#[tokio::test(flavor = "multi_thread")]
async fn restore_point_remains_while_one_partition_fails() {
    let s3 = S3::in_box(wax_tests::Cluster::shared().unwrap()).unwrap();
    let mut counting = copying("bucket-sealed", 2, &s3, 1).await;
    point(&counting, 5).await;
    let other = manifests(&s3, "1").unwrap();
    let folder = other[0]
        .parent()
        .context("the object has no folder")
        .unwrap();
    let sealed = Sealed::new(folder).unwrap();
    let fails = |status: &Value| condition(status, "BackupFailing")["status"] == "True";
    counting.ns.status(NAME, "failing", fails).await.unwrap();
    // The agents make far more copies of partition 0 than are kept, and none of partition 1.
    let (before, stopped) = (manifests(&s3, "0").unwrap(), manifests(&s3, "1").unwrap());
    wait::until("many copies of one partition", || {
        let now = manifests(&s3, "0")?;
        let new = now.iter().filter(|path| !before.contains(path));
        Ok((new.count() >= 8).then_some(()))
    })
    .await
    .unwrap();
    assert_eq!(manifests(&s3, "1").unwrap(), stopped);
    let (newest, epoch) = point(&counting, 1).await;
    lose(&mut counting, 2).await;
    drop(sealed);
    restore(&mut counting, &newest, 1).await;
    counting.advances().await.unwrap();
    let seen = counting.continuity_after(&[epoch]).unwrap();
    seen.exact().unwrap();
}
