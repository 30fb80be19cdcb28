//! What the children depend on besides the spec.

use std::collections::BTreeMap;

use super::agent::Agent;

/// Facts that the children depend on besides the spec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanContext {
    /// Namespace of the Dataflow.
    pub namespace: String,
    /// UID of the Dataflow; the children carry no owner without it.
    pub uid: Option<String>,
    /// The agent of the revision.
    pub agent: Agent,
    /// Number of the start.
    pub start: i64,
    /// Restart that has been asked for, as the annotation says it.
    pub restarted_at: Option<String>,
    /// The recovery store that the start stands on, if the dataflow keeps state.
    pub store: Option<Store>,
}

/// A store as a start or a change of it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Store {
    /// Identity of the store.
    pub id: String,
    /// Line of history that the state is on.
    pub timeline: String,
    /// Number of the last change, the one under way included.
    pub step: i64,
    /// The volume of each partition.
    pub places: Vec<u32>,
    /// UID of the claim of each volume that is known.
    pub claims: BTreeMap<u32, String>,
}
