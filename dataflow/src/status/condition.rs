//! The types and reasons of conditions, and functions that create and find conditions.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::jiff::Timestamp;

/// Type of a condition.
///
/// `Ready` is always present. `Restorable` is present once it is known. All others are present only while true.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::AsRefStr, strum::EnumString,
)]
pub enum ConditionType {
    /// The Dataflow is in the state that its spec describes.
    Ready,
    /// The operator is changing the Dataflow towards its spec.
    Reconciling,
    /// The operator cannot continue until a user changes something.
    Stalled,
    /// Some keys of `chartValues` have no effect.
    ChartValuesNotHonoured,
    /// A revision was started without a probe.
    ProbeSkipped,
    /// The action of the spec was not applied, because it names another store or timeline.
    ActionNotDone,
    /// Backup copies fail; the dataflow keeps running.
    BackupFailing,
    /// Backup copies take so long that they may not form a restore point.
    BackupTooSlow,
    /// There is a restore point. If false, the message gives the reason.
    Restorable,
    /// A recovery volume does not have the size from the spec and cannot be resized to it.
    VolumesNotResized,
}

/// Reason of a condition. The set is closed, so programs can rely on it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, strum::Display, strum::AsRefStr, strum::EnumString,
)]
pub enum Reason {
    /// All processes are running and connected to each other.
    Running,
    /// Processes are starting and connecting to each other.
    Starting,
    /// Processes are stopping.
    Stopping,
    /// The probe pod loads the new revision.
    Probing,
    /// Stopped because the spec suspends the Dataflow.
    Suspended,
    /// The input has ended.
    Completed,
    /// A ConfigMap, or another object that a container needs, does not exist yet.
    WaitingForReference,
    /// A ConfigMap, or another object that a container needs, is missing.
    MissingReference,
    /// The spec has faults.
    InvalidSpec,
    /// The spec uses a field that this release does not support.
    NotSupportedYet,
    /// The probe pod could not load the new revision.
    ProbeFailed,
    /// The processes fail repeatedly.
    CrashLoop,
    /// The image cannot be pulled.
    ImagePull,
    /// A pod does not terminate.
    PodUnreachable,
    /// An object with the name of a child exists but belongs to another owner.
    NameTaken,
    /// The installed CRD drops fields that the operator needs.
    CRDTooOld,
    /// The processes did not connect to each other in time.
    NotFormed,
    /// The recovery store is being created or changed.
    ChangingStore,
    /// The recovery store is not in the expected state, so a start could lose state.
    StoreRefused,
    /// A recovery volume has no free space.
    DiskFull,
    /// The new revision would lose state that the recovery store holds.
    StateLost,
    /// The spec contains a value that has no effect.
    NotHonoured,
    /// No node has capacity for a probe pod or a store pod.
    Unschedulable,
    /// A backup copy could not be made or uploaded.
    CopyFailed,
    /// The bucket rejects the keys, the keys are missing, or the bucket does not exist.
    BucketRefused,
    /// The scratch volume has no free space for a copy.
    ScratchFull,
    /// The time between two copies is too long for the period for which Bytewax keeps old snapshots.
    CopiesTakeLong,
    /// The copies of all partitions can be restored to one epoch.
    CopiesFit,
    /// No set of copies of all partitions can be restored to one epoch.
    NothingFits,
}

/// Returns a condition that keeps the transition time of the same condition in `previous`.
///
/// The transition time is `now` if the condition is new or its status changed.
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

/// Returns the condition of one type.
#[must_use]
pub fn find(conditions: &[Condition], kind: ConditionType) -> Option<&Condition> {
    conditions
        .iter()
        .find(|condition| condition.type_ == kind.as_ref())
}

/// Returns true if the condition of one type is present and true.
#[must_use]
pub fn holds(conditions: &[Condition], kind: ConditionType) -> bool {
    find(conditions, kind).is_some_and(|condition| condition.status == "True")
}
