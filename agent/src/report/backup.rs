//! Reports and requests about backup copies in the bucket.

use serde::{Deserialize, Serialize};
use store::identity::StoreId;

/// The number of copies whose duration is reported. A single copy may have been slow because the machine
/// had other work.
pub const RECENT: usize = 3;

/// The pause between two copies is at least this many times as long as a copy takes.
pub const PAUSE_FACTOR: u32 = 10;

/// The status of the backup copies of one process.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupReport {
    /// Seconds between two copies: the configured interval, or more if copies take too long for it.
    pub interval: u64,
    /// When the newest copies of all partitions of this process were taken, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<u64>,
    /// How long it took to make and send each of the last [`RECENT`] copies, in milliseconds, newest first.
    /// Shorter as long as there are fewer copies.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        rename = "copyMilliseconds",
        alias = "took"
    )]
    pub took: Vec<u64>,
    /// The number of failures since this sidecar was started.
    pub failures: u64,
    /// Since when every attempt has failed, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<u64>,
    /// Why the last attempt failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
    /// The kind of that failure.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        rename = "failureKind",
        alias = "fault"
    )]
    pub fault: Option<BackupFault>,
    /// The newest restore point. Only the process that holds partition 0 looks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restorable: Option<PointReport>,
    /// Why there is no restore point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_restorable: Option<String>,
}

/// The kind of failure that prevents a copy.
#[derive(
    Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize,
)]
#[serde(rename_all = "camelCase")]
pub enum BackupFault {
    /// The scratch folder has no free space for a copy.
    ScratchFull,
    /// The keys of the bucket are missing or not accepted, or the bucket does not exist.
    Refused,
    /// Another failure, such as a server that cannot be reached, or a kind that this release does not know.
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
    /// The status of its copies.
    pub backup: BackupReport,
}

/// A restore point.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PointReport {
    /// The name, as `spec.recovery.action.point` takes it.
    pub point: String,
    /// The epoch from which the dataflow resumes.
    pub epoch: u64,
    /// When the copy that determines the epoch was taken, in seconds since 1970.
    pub taken: u64,
    /// The size of its copies together, in bytes.
    pub size: u64,
}

/// The answer of `GET /v1/backups`; 404 without backups.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PointsReport {
    /// [`FORMAT_VERSION`](super::FORMAT_VERSION) of the writer.
    pub v: u32,
    /// The identity of the recovery store.
    pub store: StoreId,
    /// The restore points, newest first.
    pub points: Vec<PointReport>,
    /// Why there is none, or which manifests are unusable.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// The body of `POST /v1/backup`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupRequest {
    /// The id of the request. A repetition with the same id makes no other copy.
    pub id: String,
}

/// The answer of `POST /v1/backup`: status 200 if copies were made, 202 while they are being made, 502 if
/// they failed, 403 without the pod's UID.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BackupAnswer {
    /// [`FORMAT_VERSION`](super::FORMAT_VERSION) of the writer.
    pub v: u32,
    /// The id of the request.
    pub id: String,
    /// When the copies were taken, in seconds since 1970; none while they are being made or if they failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<u64>,
    /// Why the copies failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// The header of `POST /v1/backup` that holds the UID of the pod.
pub const POD_HEADER: &str = "x-waxrun-pod-uid";
