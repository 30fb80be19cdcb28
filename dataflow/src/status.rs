//! What the operator reports about a Dataflow, in the form that kstatus and Argo CD judge.
//!
//! Nothing here moves by itself: every value changes only when something happened.

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

/// Observed state of a Dataflow; only the operator writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataflowStatus {
    /// Generation of the spec that this status speaks about; -1 before the operator's first look.
    #[serde(default = "never_observed")]
    pub observed_generation: i64,

    /// Conditions, one for each type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,

    /// The state in one word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,

    /// How many processes run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub processes: Option<Processes>,

    /// Label selector of the processes' pods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<String>,

    /// Revision that runs, or ran last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<String>,

    /// Number of the last start; it only rises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<i64>,

    /// The run that reached the end of its input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed: Option<Completed>,

    /// The last time all processes had found each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formed: Option<Formed>,

    /// The last time that processes which had all been running did not all run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_outage: Option<Outage>,

    /// Where the last start went on, of a Dataflow that keeps state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed: Option<Resumed>,

    /// Seconds for which engines keep old snapshots from the next start on, whatever
    /// `spec.recovery.backupInterval` says: copies take so long. It only rises while copies are made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_interval: Option<i32>,

    /// Steps whose state a revision that is asked for would leave behind, while it is refused for that.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub orphaned_steps: Vec<String>,

    /// The last failure of a process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<LastFailure>,

    /// The recovery store.
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
    /// Processes start and look for each other.
    Starting,
    /// All processes run.
    Running,
    /// Processes are being stopped, for a change or a suspension.
    Stopping,
    /// Stopped on request.
    Suspended,
    /// The input has ended.
    Completed,
    /// The processes fail again and again.
    Failed,
    /// Nothing goes on until somebody changes something.
    Stalled,
}

/// How many processes run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Processes {
    /// Number of processes wanted.
    pub wanted: i32,

    /// Number of processes that are ready.
    pub ready: i32,

    /// Both numbers for people: ready/wanted.
    pub summary: String,
}

impl Processes {
    /// Counts with their summary.
    #[must_use]
    pub fn new(wanted: i32, ready: i32) -> Self {
        Self {
            wanted,
            ready,
            summary: format!("{ready}/{wanted}"),
        }
    }
}

/// The run that reached the end of its input.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Completed {
    /// Revision that ran.
    pub revision: String,

    /// Restart that had been asked for by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restarted_at: Option<String>,
}

/// The last time all processes had found each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Formed {
    /// Number of the start.
    pub start: i64,

    /// Container restarts that had been counted by then; failed starts are counted from here.
    pub restarts: i64,
}

/// A time in which processes were away, for a change or by a failure. A suspension is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Outage {
    /// When the first of them was stopped or lost.
    pub began: Time,

    /// How many seconds it took until all ran again; none while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds: Option<i64>,
}

/// Where engines went on with the state that they found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resumed {
    /// Number of the start.
    pub start: i64,

    /// Number of the engines' execution.
    pub execution: i64,

    /// The epoch that it began with.
    pub epoch: i64,

    /// How many epochs had been begun before and ran again; none if nothing is known of that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replayed_epochs: Option<i64>,
}

/// The last failure of a process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastFailure {
    /// Pod that failed.
    pub pod: String,

    /// Kind of the failure, such as UserError.
    pub reason: String,

    /// What went wrong, in the words of Python where it was Python.
    pub message: String,

    /// Step of the dataflow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,

    /// File of the user's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,

    /// Line in that file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<i64>,

    /// Exit code of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,

    /// When the process ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
}

fn never_observed() -> i64 {
    -1
}
