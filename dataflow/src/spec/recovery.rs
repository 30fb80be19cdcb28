//! The part of the spec that is about keeping state.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::RecoveryAction;

/// How the dataflow's state is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Recovery {
    /// Keep state. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// Number of recovery partitions. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts_count: Option<i32>,

    /// One volume for all processes, in place of one for each. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub single_volume: Option<bool>,

    /// Seconds between two snapshots. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshot_interval: Option<i32>,

    /// Seconds for which old snapshots are kept. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_interval: Option<i32>,

    /// The volumes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub persistence: Option<Persistence>,

    /// Copies of the state outside the cluster.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud_backup: Option<CloudBackup>,

    /// One change of the state itself. It is done once: it names the state that it is meant for,
    /// and there is none like it afterwards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<RecoveryAction>,
}

/// The volumes that hold the state.
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

/// Copies of the state outside the cluster.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloudBackup {
    /// Make copies. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,

    /// The bucket to copy to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<S3>,

    /// Seconds between two copies. Old snapshots are kept for at least four times as long. Default:
    /// 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<i32>,

    /// How many of the newest moments that can be restored are kept. Default: 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<i32>,

    /// Seconds for which every copy is kept, beside those of the newest moments. Default: 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_seconds: Option<i32>,
}

/// A bucket, and what opens it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct S3 {
    /// Address such as s3://bucket/folder.
    #[serde(default)]
    pub url: String,

    /// The access key itself. Prefer secretName: this text is readable by everybody who can read
    /// the Dataflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_key_id: Option<String>,

    /// The secret key itself. Prefer secretName: this text is readable by everybody who can read
    /// the Dataflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_access_key: Option<String>,

    /// Secret with the keys LITESTREAM_ACCESS_KEY_ID and LITESTREAM_SECRET_ACCESS_KEY, or
    /// AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. Without it, and without keys, the pods' own
    /// identity opens the bucket.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_name: Option<String>,

    /// Address of the server, such as `https://minio.example:9000`. Default: Amazon's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,

    /// Region of the bucket. Default: us-east-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,

    /// Whether the bucket's name is part of the path, not of the host's name. Default: true with an
    /// endpoint, else false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path_style: Option<bool>,
}
