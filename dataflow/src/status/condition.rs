//! Conditions: which there are, and why they hold.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::jiff::Timestamp;

/// Type of a condition.
///
/// `Ready` is always present, `Restorable` once it is known; the others only while they are true.
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
    /// An action of the spec is meant for a store that is not, or no longer, this one.
    ActionNotDone,
    /// Copies of the state can't be made; the dataflow runs on.
    BackupFailing,
    /// Copies take so long that they may not fit together.
    BackupTooSlow,
    /// There is a backup that the state could be restored from; false says why there is none.
    Restorable,
    /// A recovery volume does not have the size that the spec asks for, and will not get it.
    VolumesNotResized,
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
    /// The recovery store is being made or changed.
    ChangingStore,
    /// The recovery store is not what it should be; starting on it could lose state.
    StoreRefused,
    /// A recovery volume has no room left.
    DiskFull,
    /// The new revision would leave state behind that the recovery store holds.
    StateLost,
    /// The spec holds something that has no effect.
    NotHonoured,
    /// There was no room to try the revision.
    Unschedulable,
    /// A copy could not be made or sent.
    CopyFailed,
    /// The bucket does not accept the keys, there are none, or there is no such bucket.
    BucketRefused,
    /// There is no room for a copy before it is sent.
    ScratchFull,
    /// Copies are further apart than the engine's old snapshots allow.
    CopiesTakeLong,
    /// Copies of all partitions lead back to one epoch.
    CopiesFit,
    /// No copies of all partitions lead back to one epoch.
    NothingFits,
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
