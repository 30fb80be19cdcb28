//! The status of the Dataflow resource, which only the operator writes. kstatus and Argo CD read its conditions.
//!
//! Invariant: no value depends on the clock alone. Every value changes only when an event changes it.

pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod condition;
mod recovery;

#[cfg(test)]
mod tests;

pub use condition::{ConditionType, Reason, condition, find, holds};
pub use recovery::{
    Claim, LEDGER_VERSION, LastAction, Partition, PartitionState, RecoveryStatus, StoreChange,
    StoreChangeKind,
};

/// Observed state of a Dataflow. Only the operator writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataflowStatus {
    /// Generation of the spec that this status describes; -1 until the operator has processed the Dataflow.
    #[serde(default = "never_observed")]
    pub observed_generation: i64,

    /// Conditions of the Dataflow, at most one of each type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,

    /// State of the Dataflow in one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,

    /// Number of processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes: Option<Processes>,

    /// Label selector of the pods of the processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,

    /// Revision that is running or was the last to run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,

    /// Number of the last start. It only rises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<i64>,

    /// Run that reached the end of its input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Completed>,

    /// Last time that all processes were connected to each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formed: Option<Formed>,

    /// Last outage: not all processes were running after all had been running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_outage: Option<Outage>,

    /// Execution and epoch at which the last start resumed, if recovery is enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Resumed>,

    /// Seconds for which Bytewax keeps old snapshots from the next start on, if backup copies take so long that
    /// `spec.recovery.backupInterval` is too short. It only rises while backups are enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_interval: Option<i32>,

    /// Ids of the steps whose state the new revision would lose, while the revision is refused for this reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orphaned_steps: Vec<String>,

    /// Last failure of a process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<LastFailure>,

    /// Ledger of the recovery store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recovery: Option<RecoveryStatus>,
}

impl Default for DataflowStatus {
    fn default() -> Self {
        Self {
            observed_generation: never_observed(),
            conditions: Vec::new(),
            phase: None,
            processes: None,
            selector: None,
            revision: None,
            start: None,
            completed: None,
            formed: None,
            last_outage: None,
            resumed: None,
            backup_interval: None,
            orphaned_steps: Vec::new(),
            last_failure: None,
            recovery: None,
        }
    }
}

/// State of a Dataflow in one word.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
    strum::Display,
    strum::EnumString,
    strum::VariantArray,
)]
pub enum Phase {
    /// Nothing has been started yet.
    Pending,
    /// Processes are starting and connecting to each other.
    Starting,
    /// All processes are running and connected to each other.
    Running,
    /// Processes are stopping for a change or a suspension.
    Stopping,
    /// Stopped because the spec suspends the Dataflow.
    Suspended,
    /// The input has ended.
    Completed,
    /// The processes fail repeatedly.
    Failed,
    /// The operator cannot continue until a user changes something.
    Stalled,
}

/// Number of processes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Processes {
    /// Desired number of processes.
    pub wanted: i32,

    /// Number of ready processes.
    pub ready: i32,

    /// Both numbers as text: ready/wanted.
    pub summary: String,
}

impl Processes {
    /// Returns the numbers with their summary.
    #[must_use]
    pub fn new(wanted: i32, ready: i32) -> Self {
        Self {
            wanted,
            ready,
            summary: format!("{ready}/{wanted}"),
        }
    }
}

/// Run that reached the end of its input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Completed {
    /// Revision of the run.
    pub revision: String,

    /// Value of the annotation that requests a restart, at the end of the run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarted_at: Option<String>,
}

/// Last time that all processes were connected to each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Formed {
    /// Number of the start.
    pub start: i64,

    /// Number of container restarts at that time. The operator counts failed starts from this number.
    pub restarts: i64,
}

/// Time in which not all processes were running, because of a change or a failure. A suspension is not an outage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outage {
    /// Time at which the first process was stopped or lost.
    pub began: Time,

    /// Seconds until all processes were running again; absent while the outage lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
}

/// Execution and epoch at which the engines resumed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resumed {
    /// Number of the start.
    pub start: i64,

    /// Number of the execution.
    pub execution: i64,

    /// Epoch at which the execution began.
    pub epoch: i64,

    /// Number of epochs that an earlier execution had begun and this one repeated; absent if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed_epochs: Option<i64>,
}

/// Last failure of a process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastFailure {
    /// Name of the pod that failed.
    pub pod: String,

    /// Kind of the failure, such as UserError.
    pub reason: String,

    /// Error message. If the user's code failed, it is Python's message.
    pub message: String,

    /// Step of the dataflow that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,

    /// File of the user's code that failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,

    /// Line in this file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<i64>,

    /// Exit code of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,

    /// Time at which the process ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
}

fn never_observed() -> i64 {
    -1
}
