//! The `StatefulSet` of a Dataflow, and the stamp that its pods carry.

use super::object::Version;
use super::recovery::StoreLedger;

/// The labels and the restart annotation of a pod template, which identify one start of a gang.
///
/// Two pods belong to the same gang exactly when their stamps are equal.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Stamp {
    /// The revision of spec and code.
    pub(crate) revision: String,
    /// The number of processes.
    pub(crate) processes: i32,
    /// The start number.
    pub(crate) start: i64,
    /// The restart request at the time of the start.
    pub(crate) restarted_at: Option<String>,
}

/// The `StatefulSet` of a Dataflow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Gang {
    /// The precondition of the next write.
    pub(crate) version: Version,
    /// `spec.replicas`.
    pub(crate) replicas: i32,
    /// The stamp of the pod template; `None` if the operator's labels were removed.
    pub(crate) stamp: Option<Stamp>,
    /// Whether `status.observedGeneration` has caught up with the spec.
    pub(crate) settled: bool,
    /// `status.replicas`: the number of pods that the StatefulSet controller knows.
    pub(crate) existing: i32,
    /// Whether the template has the scheduling gate of a gang whose input has ended. With it no new pod can start.
    pub(crate) gated: bool,
    /// Whether each pod has its own recovery volume. This cannot be changed in an existing `StatefulSet`.
    pub(crate) own_volumes: bool,
    /// The ledger that the environment of its pod template describes.
    pub(crate) store: Option<StoreLedger>,
    /// Seconds for which its engines retain old snapshots.
    pub(crate) retention: Option<i64>,
}
