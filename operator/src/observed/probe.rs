//! A pod that tries a revision, as one pass sees it.

use dataflow::steps::Shape;
use jiff::Timestamp;

use super::object::Version;

/// How a probe pod is doing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum ProbeOutcome {
    /// Not decided yet.
    Pending,
    /// No node has room for it, since then; the scheduler's words.
    Unschedulable(Timestamp, String),
    /// Its image cannot be pulled.
    ImagePull {
        /// The image.
        image: String,
        /// The kubelet's words.
        message: String,
    },
    /// The flow imports.
    Passed,
    /// It does not; one sentence.
    Failed(String),
}

/// One probe pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Probe {
    /// `metadata.name`.
    pub(crate) name: String,
    /// Precondition of its deletion.
    pub(crate) version: Version,
    /// The revision it tries.
    pub(crate) revision: String,
    /// When it was created.
    pub(crate) created: Timestamp,
    /// Whether it is being deleted.
    pub(crate) deleting: bool,
    /// How it is doing.
    pub(crate) outcome: ProbeOutcome,
    /// What the revision keeps state for, once it has been loaded.
    pub(crate) shape: Option<Shape>,
}
