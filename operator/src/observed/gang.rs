//! The `StatefulSet` of a Dataflow, as one pass sees it.

use super::object::Version;
use super::recovery::StoreLedger;

/// What a gang was started as: the labels and the restart annotation of a pod template.
///
/// Two pods belong to the same gang exactly when their stamps are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    /// Revision of spec and code.
    pub(crate) revision: String,
    /// Number of processes.
    pub(crate) size: i32,
    /// Start number.
    pub(crate) start: i64,
    /// Restart request that was in force.
    pub(crate) restarted_at: Option<String>,
}

/// The `StatefulSet` of a Dataflow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Gang {
    /// Precondition of the next write.
    pub(crate) version: Version,
    /// `spec.replicas`.
    pub(crate) replicas: i32,
    /// What the template says; `None` when somebody removed our labels.
    pub(crate) stamp: Option<Stamp>,
    /// Whether its controller has seen the newest spec.
    pub(crate) settled: bool,
    /// `status.replicas`: pods that its controller knows of.
    pub(crate) existing: i32,
    /// Whether its input has ended, so that no pod made from now on may start.
    pub(crate) gated: bool,
    /// Whether each of its pods has a recovery volume of its own. That cannot be changed.
    pub(crate) own_volumes: bool,
    /// The store that its template tells of.
    pub(crate) store: Option<StoreLedger>,
    /// For how many seconds its engines keep old snapshots.
    pub(crate) retention: Option<i64>,
}
