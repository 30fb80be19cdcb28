//! The spec of the Dataflow resource, with every field of the published CRD.
//!
//! Defaults are in this code and not in the schema. A default set by the API server would be a difference between git
//! and the cluster. `kubectl explain dataflow.spec` prints the doc comments of the fields.

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

/// Program to run, its image, its size, and how its state is kept.
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
    /// Container image of the processes. It contains Python and Bytewax.
    #[serde(default)]
    pub image: ImageSpec,

    /// Python file (or dotted module) that contains the dataflow, relative to the root of the code.
    /// A variable or a call can follow after a colon: `flows/orders.py:get_flow(5)`.
    #[serde(default)]
    pub python_file_name: String,

    /// Name of the ConfigMap that contains the code, in the same namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config_map_name: Option<String>,

    /// Key of the ConfigMap whose value is a tar archive with the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tar_name: Option<String>,

    /// The code is in the image, so there is no ConfigMap. pythonFileName is then a module that the image has, or the
    /// absolute path of a file. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_in_image: Option<bool>,

    /// Number of processes, each in its own pod. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes_count: Option<i32>,

    /// Number of worker threads in each process. Default: 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workers_per_process: Option<i32>,

    /// Run as a Job that ends when the input ends. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_mode: Option<bool>,

    /// Keep the pods after the input has ended, for debugging. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_alive: Option<bool>,

    /// Cron schedule, in UTC. The dataflow then runs as a Job.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,

    /// Behaviour when a scheduled run is due while the previous run is still active. Default: Forbid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency_policy: Option<ConcurrencyPolicy>,

    /// Stop all processes and keep everything else. Default: false.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspend: Option<bool>,

    /// Python packages to install before the start, in the syntax of pip.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dependencies: Vec<String>,

    /// Environment variables of the processes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub env: Vec<EnvVar>,

    /// Archive from which the code is downloaded, instead of a ConfigMap.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub artifacts_download: Option<ArtifactsDownload>,

    /// Values of the Bytewax Helm chart, as YAML text. Other fields of the spec override them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chart_values: Option<String>,

    /// Storage of the dataflow's state, so that it resumes where it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<Recovery>,
}

/// Container image of the processes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImageSpec {
    /// Repository of the image. Default: bytewax/bytewax.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,

    /// Tag of the image, such as 0.21.1-python3.11.
    #[serde(default)]
    pub tag: String,

    /// Pull policy of the image. Default: Always.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_policy: Option<PullPolicy>,

    /// Name of the Secret with the credentials of the registry. Default: default-credentials. Write "" for none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pull_secret: Option<String>,
}

/// Pull policy of the image. Default: Always.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display,
)]
pub enum PullPolicy {
    /// Check the registry at every start.
    #[default]
    Always,
    /// Pull the image only if the node does not have it.
    IfNotPresent,
    /// Never pull the image: the node must have it.
    Never,
}

/// Behaviour when a scheduled run is due while the previous run is still active. Default: Forbid.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, strum::Display,
)]
pub enum ConcurrencyPolicy {
    /// Start the new run beside the active one.
    Allow,
    /// Skip the new run.
    #[default]
    Forbid,
    /// Stop the active run and start the new one.
    Replace,
}

/// One environment variable.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EnvVar {
    /// Name of the variable.
    #[serde(default)]
    pub name: String,

    /// Value of the variable.
    #[serde(default)]
    pub value: String,
}

/// Archive from which the code is downloaded.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ArtifactsDownload {
    /// URL of a tar archive.
    #[serde(default)]
    pub url: String,

    /// Name of the Secret whose key TOKEN contains the token for the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_name: Option<String>,

    /// Token for the URL. Prefer secretName: everyone who can read the Dataflow can read this token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}
