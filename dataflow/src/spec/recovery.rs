//! The fields of `spec.recovery`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::RecoveryAction;

/// Storage of the dataflow's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recovery {
    /// Keep the state on volumes. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Number of recovery partitions. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts_count: Option<i32>,

    /// Use one volume for all processes instead of one volume for each process. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_volume: Option<bool>,

    /// Seconds between two snapshots of the state. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_interval: Option<i32>,

    /// Seconds for which Bytewax keeps old snapshots. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_interval: Option<i32>,

    /// Size and storage class of the volumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persistence: Option<Persistence>,

    /// Backups of the state in a bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud_backup: Option<CloudBackup>,

    /// One change of the state itself. The operator applies it once: the action names the timeline that it is
    /// for, and the change begins a new timeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<RecoveryAction>,
}

/// Size and storage class of the volumes that contain the state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Persistence {
    /// Size of each volume. Default: 10Gi.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<String>,

    /// Storage class of the volumes. Default: the cluster's default class.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_class_name: Option<String>,
}

/// Backups of the state in a bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloudBackup {
    /// Make backups. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Bucket that stores the backups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3>,

    /// Seconds between two copies of a partition. Bytewax keeps old snapshots for at least four times as long.
    /// Default: 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<i32>,

    /// Number of the newest restore points that are kept. Default: 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<i32>,

    /// Seconds for which every copy is kept, in addition to the newest restore points. Default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_seconds: Option<i32>,
}

/// Bucket and its credentials.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct S3 {
    /// Address of the bucket, such as s3://bucket/folder.
    #[serde(default)]
    pub url: String,

    /// Access key. Prefer secretName: everyone who can read the Dataflow can read this key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,

    /// Secret key. Prefer secretName: everyone who can read the Dataflow can read this key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_access_key: Option<String>,

    /// Name of a Secret with the keys LITESTREAM_ACCESS_KEY_ID and LITESTREAM_SECRET_ACCESS_KEY, or
    /// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Without a Secret and without keys, the pods use their
    /// own identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_name: Option<String>,

    /// URL of the server, such as `https://minio.example:9000`. Default: Amazon S3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,

    /// Region of the bucket. Default: us-east-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,

    /// Whether the name of the bucket is part of the path instead of the host name. Default: true if endpoint
    /// is set, otherwise false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_style: Option<bool>,
}
