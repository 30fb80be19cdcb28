//! A pod that tries a revision, as one pass sees it.

use dataflow::steps::Shape;
use jiff::Timestamp;

use super::Version;

/// How a probe pod is doing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ProbeOutcome {
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
pub struct Probe {
    /// `metadata.name`.
    pub name: String,
    /// Precondition of its deletion.
    pub version: Version,
    /// The revision it tries.
    pub revision: String,
    /// When it was created.
    pub created: Timestamp,
    /// Whether it is being deleted.
    pub deleting: bool,
    /// How it is doing.
    pub outcome: ProbeOutcome,
    /// What the revision keeps state for, once it has been loaded.
    pub shape: Option<Shape>,
}
