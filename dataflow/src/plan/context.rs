//! The facts of the cluster that the child objects depend on, besides the spec.

use std::collections::BTreeMap;

use super::agent::Agent;

/// Facts that the children depend on besides the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanContext {
    /// Namespace of the Dataflow.
    pub namespace: String,
    /// UID of the Dataflow. Without it the children have no owner reference.
    pub uid: Option<String>,
    /// The agent of the revision.
    pub agent: Agent,
    /// Number of the start.
    pub start: i64,
    /// Value of the annotation that requests a restart.
    pub restarted_at: Option<String>,
    /// Layout of the recovery store that the start uses, if recovery is enabled.
    pub store: Option<StoreLayout>,
}

/// Layout of a recovery store for one start or one store change.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoreLayout {
    /// Identity of the store.
    pub id: String,
    /// Timeline of the state.
    pub timeline: String,
    /// Change number of the last store change, including one that is in progress.
    pub change_number: i64,
    /// Volume of each partition.
    pub places: Vec<u32>,
    /// UID of the PVC of each volume, where it is known.
    pub claims: BTreeMap<u32, String>,
}
