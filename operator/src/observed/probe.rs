//! A probe pod: the trial load of a new revision. It is not a kubelet probe.

use dataflow::steps::Shape;
use jiff::Timestamp;

use super::object::Version;

/// The outcome of a probe pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ProbeOutcome {
    /// The flow is still loading, or the pod is starting.
    Pending,
    /// No node fits since this time; the message of the scheduler.
    Unschedulable(Timestamp, String),
    /// The image cannot be pulled.
    ImagePull {
        /// The image.
        image: String,
        /// The message of the kubelet.
        message: String,
    },
    /// The flow was loaded.
    Passed,
    /// The flow cannot be loaded; the message says why.
    Failed(String),
}

/// A probe pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Probe {
    /// `metadata.name`.
    pub(crate) name: String,
    /// The precondition of its deletion.
    pub(crate) version: Version,
    /// The revision that it loads.
    pub(crate) revision: String,
    /// `metadata.creationTimestamp`.
    pub(crate) created: Timestamp,
    /// Whether it is terminating.
    pub(crate) deleting: bool,
    /// Its outcome so far.
    pub(crate) outcome: ProbeOutcome,
    /// The stateful steps and windows of the revision, once the flow was loaded.
    pub(crate) shape: Option<Shape>,
}
