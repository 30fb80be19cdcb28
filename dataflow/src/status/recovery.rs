//! The ledger of a recovery store: where each partition is, and which change of the store is under
//! way. A change is written here before anything is done about it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::action::{ActionKind, ExpectedStore};

/// The version of [`RecoveryStatus`] that this release writes; a newer one is refused.
pub const LEDGER_VERSION: i32 = 1;

/// The recovery store of a Dataflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryStatus {
    /// Version of this record.
    pub format_version: i32,

    /// Identity of the store; every partition and every volume carries it.
    pub store_id: String,

    /// The line of history that the state is on; a change that discards state begins a new one.
    pub timeline: String,

    /// Number of the last change of the store; it only rises.
    #[serde(rename = "step")]
    pub change_number: i64,

    /// Every partition with the claim that holds it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub partitions: Vec<Partition>,

    /// Every claim with the UID that it had when it was taken into use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,

    /// The change that is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pending: Option<StoreChange>,

    /// Whether the Dataflow keeps no state any more, and has left the store as it was. Using it
    /// again takes an action.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub detached: bool,

    /// The last action that was carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_action: Option<LastAction>,
}

/// An action that was carried out.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastAction {
    /// What was done.
    #[serde(rename = "type")]
    pub kind: ActionKind,

    /// The backup that was asked for, if one was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,

    /// The steps whose state was dropped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,

    /// The store that it was meant for.
    pub expect: ExpectedStore,

    /// The line of history that it began.
    pub timeline: String,
}

/// One recovery partition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Partition {
    /// Index of the partition, from 0.
    pub index: i32,

    /// Claim that holds it.
    pub claim: String,

    /// How it stands.
    pub state: PartitionState,
}

/// How a partition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PartitionState {
    /// It is being made.
    Initialising,
    /// It is there.
    Ready,
    /// It is on its way to another claim.
    Moving,
}

/// A claim that belongs to the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// Name of the PersistentVolumeClaim.
    pub name: String,

    /// Its UID: a claim of the same name with another one is another volume.
    pub uid: String,
}

/// A change of the store that is made while no process runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct StoreChange {
    /// What is done.
    pub kind: StoreChangeKind,

    /// The claim that holds each partition afterwards, in the order of the partitions.
    pub claims: Vec<String>,

    /// The line of history that it begins; none where it goes on with the one there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<String>,

    /// The action that asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action: Option<LastAction>,
}

/// Kinds of change of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum StoreChangeKind {
    /// The partitions are made.
    Initialise,
    /// Partitions go to other claims.
    Move,
    /// All state is spread over another number of partitions.
    Repartition,
    /// State of steps that are gone is dropped.
    DropSteps,
    /// A backup takes the place of what there is.
    Restore,
    /// Empty partitions take the place of what there is.
    Reset,
}
