//! What the operator reports about a Dataflow, in the form that kstatus and Argo CD judge.
//!
//! Nothing here moves by itself: every value changes only when something happened.

pub use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

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

    /// The last failure of a process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_failure: Option<LastFailure>,
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
            last_failure: None,
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

/// Type of a condition.
///
/// `Ready` is always present; the others only while they are true.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::AsRefStr, strum::EnumString,
)]
pub enum ConditionType {
    /// The Dataflow does what its spec asks for.
    Ready,
    /// The operator is on its way there.
    Reconciling,
    /// The operator can't go on; somebody must change something.
    Stalled,
    /// Some keys of `chartValues` have no effect.
    ChartValuesNotHonoured,
    /// A revision was started without having been tried first.
    ProbeSkipped,
}

/// Reason of a condition: a closed set, so that programs can rely on it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::AsRefStr, strum::EnumString,
)]
pub enum Reason {
    /// All processes run.
    Running,
    /// Processes start and look for each other.
    Starting,
    /// Processes are being stopped.
    Stopping,
    /// A new revision is being tried.
    Probing,
    /// Stopped on request.
    Suspended,
    /// The input has ended.
    Completed,
    /// A ConfigMap is not there yet.
    WaitingForReference,
    /// A ConfigMap is missing.
    MissingReference,
    /// The spec has faults.
    InvalidSpec,
    /// The spec asks for something that this release can't do.
    NotSupportedYet,
    /// The new revision can't be loaded.
    ProbeFailed,
    /// The processes fail again and again.
    CrashLoop,
    /// The image can't be pulled.
    ImagePull,
    /// A pod does not go away.
    PodUnreachable,
    /// An object of the same name belongs to somebody else.
    NameTaken,
    /// The installed CRD drops fields that the operator needs.
    CRDTooOld,
    /// The processes did not find each other.
    NotFormed,
    /// The spec holds something that has no effect.
    NotHonoured,
    /// There was no room to try the revision.
    Unschedulable,
}

/// A condition with the time of its last change carried over from `previous`.
///
/// `now` is used only if the condition is new or its status differs.
#[must_use]
pub fn condition(
    kind: ConditionType,
    holds: bool,
    reason: Reason,
    message: impl Into<String>,
    generation: i64,
    now: Timestamp,
    previous: &[Condition],
) -> Condition {
    let status = if holds { "True" } else { "False" };
    let last_transition_time = find(previous, kind)
        .filter(|old| old.status == status)
        .map_or(Time(now), |old| old.last_transition_time.clone());
    Condition {
        last_transition_time,
        message: message.into(),
        observed_generation: Some(generation),
        reason: reason.to_string(),
        status: status.to_owned(),
        type_: kind.to_string(),
    }
}

/// The condition of one type.
#[must_use]
pub fn find(conditions: &[Condition], kind: ConditionType) -> Option<&Condition> {
    conditions
        .iter()
        .find(|condition| condition.type_ == kind.as_ref())
}

/// Whether the condition of one type is present and true.
#[must_use]
pub fn holds(conditions: &[Condition], kind: ConditionType) -> bool {
    find(conditions, kind).is_some_and(|condition| condition.status == "True")
}

fn never_observed() -> i64 {
    -1
}
