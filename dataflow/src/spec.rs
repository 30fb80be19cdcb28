//! The Dataflow resource as users write it: every field of the published CRD.
//!
//! Defaults live here in code and not in the schema, since a defaulted field would show up as a
//! difference between git and the cluster. The documentation of the fields is what
//! `kubectl explain dataflow.spec` prints.

use kube::CustomResource;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::status::DataflowStatus;

pub(crate) mod absent;
mod defaults;
mod recovery;
#[cfg(test)]
pub(crate) mod strategy;

pub use crate::action::{ActionKind, ExpectedStore, RecoveryAction};
pub use absent::{DEFAULT_PULL_SECRET, DEFAULT_REPOSITORY, DEFAULT_VOLUME_SIZE};
pub use recovery::{CloudBackup, Persistence, Recovery, S3};

/// What to run and how.
#[derive(CustomResource, Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[kube(
    group = "bytewax.io",
    version = "v1alpha1",
    kind = "Dataflow",
    doc = "A Bytewax dataflow: a Python program that runs as one gang of processes.",
    namespaced,
    status = "DataflowStatus",
    derive = "Default",
    derive = "PartialEq",
    shortname = "df",
    category = "all",
    category = "bytewax",
    scale(
        spec_replicas_path = ".spec.processesCount",
        status_replicas_path = ".status.processes.ready",
        label_selector_path = ".status.selector"
    )
)]
#[serde(rename_all = "camelCase")]
pub struct DataflowSpec {
    /// Image that runs the processes: it holds Python and Bytewax.
    #[serde(default)]
    pub image: ImageSpec,

    /// Python file (or dotted module) that holds the dataflow, relative to the code's root.
    /// A name or a call may follow after a colon: `flows/orders.py:get_flow(5)`.
    #[serde(default)]
    pub python_file_name: String,

    /// ConfigMap that holds the code, in the same namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_name: Option<String>,

    /// Key of the ConfigMap that is a tar archive with the code in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tar_name: Option<String>,

    /// Number of processes, each in its own pod. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes_count: Option<i32>,

    /// Number of worker threads in each process. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workers_per_process: Option<i32>,

    /// Run as a Job that ends with its input. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_mode: Option<bool>,

    /// Keep the pods after the input has ended, to look into them. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_alive: Option<bool>,

    /// Cron schedule, in UTC, on which the dataflow runs as a Job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,

    /// What to do when a scheduled run is due while the last one still runs. Default: Forbid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency_policy: Option<ConcurrencyPolicy>,

    /// Stop all processes and keep everything else. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,

    /// Python packages to install before the start, in pip's syntax.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<String>,

    /// Environment variables of the processes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvVar>,

    /// Archive to download the code from, in place of a ConfigMap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifacts_download: Option<ArtifactsDownload>,

    /// Values of the Bytewax Helm chart, as YAML text. The other fields here win over them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart_values: Option<String>,

    /// Keep the dataflow's state on volumes, so that it resumes where it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
}

/// Image that runs the processes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageSpec {
    /// Repository of the image. Default: bytewax/bytewax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,

    /// Tag of the image, such as 0.21.1-python3.11.
    #[serde(default)]
    pub tag: String,

    /// When the node pulls the image. Default: Always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_policy: Option<PullPolicy>,

    /// Secret with the registry's credentials. Default: default-credentials. Write "" for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_secret: Option<String>,
}

/// When a node pulls the image. Default: Always.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display,
)]
pub enum PullPolicy {
    /// Ask the registry at every start.
    #[default]
    Always,
    /// Pull only what the node does not have.
    IfNotPresent,
    /// Use only what the node has.
    Never,
}

/// What to do when a scheduled run is due while the last one still runs. Default: Forbid.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display,
)]
pub enum ConcurrencyPolicy {
    /// Run both.
    Allow,
    /// Leave the new one out.
    #[default]
    Forbid,
    /// Stop the old one.
    Replace,
}

/// One environment variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvVar {
    /// Name of the variable.
    #[serde(default)]
    pub name: String,

    /// Its value.
    #[serde(default)]
    pub value: String,
}

/// Archive to download the code from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactsDownload {
    /// Address of a tar archive.
    #[serde(default)]
    pub url: String,

    /// Secret whose key TOKEN opens the address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_name: Option<String>,

    /// The token itself. Prefer secretName: this text is readable by everybody who can read the
    /// Dataflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}
