//! The settings that a user gives for one flow. A setting that was not given is `None`.

use dataflow::spec::{PullPolicy, Recovery};

/// The settings of one flow. A setting that is `None` stays unchanged, or gets the default of a new flow.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FlowSettings {
    /// Name of the dataflow.
    pub name: Option<String>,
    /// Namespace of the dataflow.
    pub namespace: Option<String>,
    /// Number of processes, at least 1.
    pub processes: Option<i32>,
    /// Worker threads in each process, at least 1.
    pub workers: Option<i32>,
    /// Python file with the flow.
    pub python_file: Option<String>,
    /// The image has the code.
    pub code_in_image: Option<bool>,
    /// Environment variables, each name once, in the order given.
    pub env: Vec<(String, String)>,
    /// Repository of the image.
    pub image_repository: Option<String>,
    /// Tag of the image.
    pub image_tag: Option<String>,
    /// Pull policy of the image.
    pub image_pull_policy: Option<PullPolicy>,
    /// Pull secret; empty for none.
    pub image_pull_secret: Option<String>,
    /// Keep the pods after the input has ended.
    pub keep_alive: Option<bool>,
    /// Settings of recovery.
    pub recovery: RecoverySettings,
    /// Text of the chart values.
    pub chart_values: Option<String>,
}

/// The settings of recovery.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecoverySettings {
    /// Keep the state on volumes.
    pub enabled: Option<bool>,
    /// Number of recovery partitions, at least 1.
    pub parts: Option<i32>,
    /// Seconds between snapshots.
    pub snapshot_interval: Option<i32>,
    /// Seconds that old snapshots are kept for.
    pub backup_interval: Option<i32>,
    /// Keep all recovery partitions on one volume.
    pub single_volume: Option<bool>,
    /// Size of each recovery volume.
    pub size: Option<String>,
    /// Storage class of the recovery volumes.
    pub storage_class: Option<String>,
    /// Settings of backups.
    pub backup: BackupSettings,
}

/// The settings of backups in a bucket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BackupSettings {
    /// Make backups.
    pub enabled: Option<bool>,
    /// Address of the bucket.
    pub url: Option<String>,
    /// Secret with the keys of the bucket; empty for none.
    pub secret: Option<String>,
    /// URL of the server; empty for Amazon's own.
    pub endpoint: Option<String>,
    /// Region of the bucket.
    pub region: Option<String>,
    /// Whether the name of the bucket is part of the path.
    pub path_style: Option<bool>,
    /// Seconds between two copies, at least 1.
    pub interval: Option<i32>,
    /// Number of the newest restore points to keep, at least 1.
    pub keep: Option<i32>,
    /// Seconds for which every copy is kept.
    pub keep_seconds: Option<i32>,
}

impl BackupSettings {
    /// Changes the fields of `spec.recovery.cloudBackup` for which there is a setting.
    pub(crate) fn apply(&self, recovery: &mut Recovery) {
        let Self {
            enabled,
            url,
            secret,
            endpoint,
            region,
            path_style,
            interval,
            keep,
            keep_seconds,
        } = self;
        if *self == Self::default() {
            return;
        }
        let backup = recovery.cloud_backup.get_or_insert_default();
        backup.enabled = enabled.or(backup.enabled);
        backup.interval = interval.or(backup.interval);
        backup.keep = keep.or(backup.keep);
        backup.keep_seconds = keep_seconds.or(backup.keep_seconds);
        if let (None, None, None, None, None) = (url, secret, endpoint, region, path_style) {
            return;
        }
        let s3 = backup.s3.get_or_insert_default();
        if let Some(url) = url {
            s3.url.clone_from(url);
        }
        s3.secret_name = secret.clone().or(s3.secret_name.take());
        s3.endpoint = endpoint.clone().or(s3.endpoint.take());
        s3.region = region.clone().or(s3.region.take());
        s3.path_style = path_style.or(s3.path_style);
    }
}
