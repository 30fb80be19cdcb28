//! Copies of partitions, and what is known beside them.

use crate::{
    identity::Timeline,
    partition::{Branch, PartitionFacts},
    start::Resume,
};

/// A copy of a partition, and what is known of its moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Copy {
    /// What the copy says of itself.
    pub facts: PartitionFacts,
    /// The newest epoch it has a snapshot of.
    pub newest_snap: Option<u64>,
    /// The frontier of the whole gang, read before the copy was begun; none where nobody noted it.
    pub frontier: Option<u64>,
}

/// What manifests tell beside the copies themselves.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Known {
    /// Where executions resumed, each with the timeline of the copy that tells of it.
    pub executions: Vec<(Timeline, Resume)>,
    /// Where timelines left their parents.
    pub branches: Vec<(Timeline, Branch)>,
}
