//! The ledger of a recovery store (`status.recovery`): the PVC of each partition, and the store change in progress.
//!
//! Order: the operator writes a store change to the ledger before it begins the work, as in a write-ahead log.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::{ActionKind, ExpectedStore};

/// Version of [`RecoveryStatus`] that this release writes. It refuses a newer one.
pub const LEDGER_VERSION: i32 = 1;

/// Ledger of the recovery store of a Dataflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryStatus {
    /// Version of the format of the ledger.
    pub format_version: i32,

    /// Identity of the store. Every partition and every volume contains it.
    pub store_id: String,

    /// Timeline of the state. Every change of the store except a move begins a new timeline.
    pub timeline: String,

    /// Number of the last change of the store. It only rises.
    pub step: i64,

    /// Recovery partitions, each with the PVC that contains it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<Partition>,

    /// PVCs of the store, each with the UID that it had at its first use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,

    /// Change of the store that is in progress.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<StoreChange>,

    /// Whether recovery was disabled and the store was left unchanged. Only an action of type Adopt uses it again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub detached: bool,

    /// Last action that was applied.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_action: Option<LastAction>,
}

// The fields of `RecoveryAction` are repeated for two reasons: `kubectl explain` describes them as a record here, and
// the record has one more field, the timeline that the action began.
/// Action that was applied.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastAction {
    /// Kind of the change.
    #[serde(rename = "type")]
    pub kind: ActionKind,

    /// Restore point that was requested, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,

    /// Ids of the steps whose state was deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,

    /// Recovery store that the action was for.
    pub expect: ExpectedStore,

    /// Timeline that the action began.
    pub timeline: String,
}

/// One recovery partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Partition {
    /// Index of the partition, from 0.
    pub index: i32,

    /// Name of the PVC that contains the partition.
    pub claim: String,

    /// State of the partition.
    pub state: PartitionState,
}

/// State of a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PartitionState {
    /// The partition is being created.
    Initialising,
    /// The partition exists.
    Ready,
    /// The partition is being moved to another PVC.
    Moving,
}

/// PVC that belongs to the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// Name of the PersistentVolumeClaim.
    pub name: String,

    /// UID of the PersistentVolumeClaim. If a claim of the same name has another UID, it is another volume.
    pub uid: String,
}

/// Change of the store that is made while no process runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreChange {
    /// Kind of the change.
    pub kind: StoreChangeKind,

    /// Name of the PVC of each partition after the change, in the order of the partitions.
    pub claims: Vec<String>,

    /// Timeline that the change begins; absent if it keeps the current timeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<String>,

    /// Action that requested the change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<LastAction>,
}

/// Kind of a change of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum StoreChangeKind {
    /// Create empty partitions in a new store.
    Initialise,
    /// Move partitions to other PVCs.
    Move,
    /// Distribute the state over another number of partitions.
    Repartition,
    /// Delete the state of steps that the dataflow no longer has. An action of type Adopt is recorded
    /// under this kind too, and deletes nothing.
    DropSteps,
    /// Replace the state by a backup.
    Restore,
    /// Replace the state by empty partitions.
    Reset,
}
