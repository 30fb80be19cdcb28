//! What the agent says about copies of the state outside of the cluster.

use serde::{Deserialize, Serialize};
use store::identity::StoreId;

/// Of how many copies it is reported how long they took: a single one may have been slow because the
/// machine had other work.
pub const RECENT: usize = 3;

/// How many times longer than a copy takes the pause between two copies is at least.
pub const PAUSE_FACTOR: u32 = 10;

/// How this process's copies in the bucket stand.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupReport {
    /// Seconds between two copies: what was asked for, or more if that can't be kept.
    pub interval: u64,
    /// When the newest copies of all partitions here were taken, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<u64>,
    /// How long each of the last [`RECENT`] took to be made and sent, in milliseconds, the newest
    /// first; fewer as long as there are fewer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub took: Vec<u64>,
    /// How often it has failed since this process of ours runs.
    pub failures: u64,
    /// Since when every attempt has failed, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<u64>,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// What kind of failure that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fault: Option<BackupFault>,
    /// The newest moment that copies of all processes lead back to; only the process that holds
    /// partition 0 looks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restorable: Option<PointReport>,
    /// Why it has found no such moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_restorable: Option<String>,
}

/// What keeps copies from being made.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "camelCase")]
pub enum BackupFault {
    /// There is no room for a copy before it is sent.
    ScratchFull,
    /// The bucket's keys are missing or not accepted, or there is no such bucket.
    Refused,
    /// Something else, such as a server that is not there; also what a later release calls otherwise.
    #[default]
    #[serde(other)]
    Failed,
}

/// The answer of `GET /v1/backup`; 404 without backups.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupStatusReport {
    /// [`FORMAT_VERSION`](super::FORMAT_VERSION) of the writer.
    pub v: u32,
    /// The start number this pod was made for.
    pub start: i64,
    /// How its copies stand.
    pub backup: BackupReport,
}

/// A moment that copies lead back to.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PointReport {
    /// What it is called.
    pub point: String,
    /// The epoch that is resumed from.
    pub epoch: u64,
    /// When the state was that, in seconds since 1970.
    pub taken: u64,
    /// How many bytes its copies have.
    pub size: u64,
}

/// The answer of `GET /v1/backups`; 404 without backups.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PointsReport {
    /// [`FORMAT_VERSION`](super::FORMAT_VERSION) of the writer.
    pub v: u32,
    /// The store.
    pub store: StoreId,
    /// The newest moments, the newest first.
    pub points: Vec<PointReport>,
    /// Why there is none, or which manifests are no good.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What `POST /v1/backup` is sent.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupRequest {
    /// The same for every repetition: a copy is made once.
    pub id: String,
}

/// The answer of `POST /v1/backup`: status 200 when copies have been made, 202 while they are, 502
/// when they could not be; 403 without the secret.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupAnswer {
    /// [`FORMAT_VERSION`](super::FORMAT_VERSION) of the writer.
    pub v: u32,
    /// Which request it answers.
    pub id: String,
    /// When the copies were taken, in seconds since 1970; none while they are made or if they
    /// could not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<u64>,
    /// Why they could not be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// The header of `POST /v1/backup` that holds the UID of the pod.
pub const POD_HEADER: &str = "x-waxrun-pod-uid";
