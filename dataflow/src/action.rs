//! One change of the state itself: what the spec asks for, and what the ledger notes of it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One change of the state itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RecoveryAction {
    /// What is done.
    #[serde(rename = "type")]
    pub kind: ActionKind,

    /// The backup to restore, as `kubectl waxctl df backups` names it. Default: the newest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub point: Option<String>,

    /// The steps whose state is dropped.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,

    /// The state that it is meant for. Nothing is done to any other.
    pub expect: ExpectedStore,
}

/// Kinds of change of the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum ActionKind {
    /// Put a backup in its place.
    Restore,
    /// Begin with no state.
    Reset,
    /// Use a store again that the Dataflow had left.
    Adopt,
    /// Drop what steps remember that the dataflow no longer has.
    DropSteps,
}

/// The store that an action is meant for, as `status.recovery` names it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExpectedStore {
    /// Identity of the store; `none` where there is none yet.
    #[serde(default)]
    pub store_id: String,

    /// Its line of history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeline: Option<String>,
}
