//! The recovery action: one change of the state itself, as the spec requests it. The ledger records the same fields in
//! [`crate::status::LastAction`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One change of the state itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryAction {
    /// Kind of the change.
    #[serde(rename = "type")]
    pub kind: ActionKind,

    /// Restore point to restore, as `kubectl waxctl df backups` lists it. Only for type Restore.
    /// Default: the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,

    /// Ids of the steps whose state is deleted. Only for type DropSteps.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,

    /// Recovery store that the action is for. The operator does not apply the action to any other store.
    pub expect: ExpectedStore,
}

/// Kind of a change of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ActionKind {
    /// Replace the state by a backup.
    Restore,
    /// Replace the state by empty partitions.
    Reset,
    /// Use the recovery store again after recovery was disabled.
    Adopt,
    /// Delete the state of steps that the dataflow no longer has.
    DropSteps,
}

/// Recovery store that an action is for, as `status.recovery` identifies it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedStore {
    /// Identity of the store, from `status.recovery.storeId`; `none` if the Dataflow has no store yet.
    #[serde(default)]
    pub store_id: String,

    /// Timeline of the store, from `status.recovery.timeline`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<String>,
}
