//! The settings that a user gives for one flow. A setting that was not given is `None`.

use dataflow::spec::PullPolicy;

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
}
