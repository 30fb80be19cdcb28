//! Defines the input of a cut: copies of partitions, and facts from manifests.

use crate::{
    identity::Timeline,
    partition::{Branch, PartitionFacts},
    start::Resume,
};

/// A copy of a partition, with the state of the gang at the time of the copy.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct PartitionCopy {
    /// The facts in the copy.
    pub facts: PartitionFacts,
    /// The newest epoch of which it contains a snapshot.
    pub newest_snap: Option<u64>,
    /// The frontier of the whole gang, read before the copy began; `None` if it was not recorded.
    pub frontier: Option<u64>,
}

/// Facts from the manifests of all copies, also of those that are not part of the cut.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct ManifestFacts {
    /// The resume epochs of executions, each with the timeline of the copy that reports it.
    pub executions: Vec<(Timeline, Resume)>,
    /// The branch points of timelines.
    pub branches: Vec<(Timeline, Branch)>,
}
