//! Defines the reasons why copies cannot be cut back to one epoch.

use thiserror::Error;

use crate::identity::{StoreId, Timeline};

/// A reason why copies cannot be cut back to one epoch.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum CutFault {
    /// There is no copy of a partition.
    #[error("there is no copy of partition {index} of {count}")]
    Missing {
        /// The partition.
        index: u32,
        /// The number of partitions of the set.
        count: u32,
    },
    /// There are two copies of a partition, or copies of sets of different sizes.
    #[error("the copies do not form one set: partition {index} of {count} is surplus")]
    Surplus {
        /// The partition.
        index: u32,
        /// The number of partitions of its own set.
        count: u32,
    },
    /// A copy belongs to another store, or to an abandoned timeline.
    #[error("the copy of partition {index} belongs to store {store}, timeline {timeline}")]
    Foreign {
        /// The partition.
        index: u32,
        /// The store of the copy.
        store: StoreId,
        /// The timeline of the copy.
        timeline: Timeline,
    },
    /// The resume epoch of an execution after the copy is unknown, and so is the last usable epoch.
    #[error(
        "the copy of partition {index} was taken in execution {of}, and the resume epoch of \
         execution {unknown} is unknown"
    )]
    UnknownExecution {
        /// The partition.
        index: u32,
        /// The execution in which the copy was taken.
        of: u64,
        /// The execution with the unknown resume epoch.
        unknown: u64,
    },
    /// Snapshots that the cut needs have been deleted.
    #[error(
        "partition {behind} is complete only up to epoch {complete}, and partition {ahead} has \
         collected up to epoch {collected}; the copies are too far apart"
    )]
    Infeasible {
        /// The partition with the oldest copy.
        behind: u32,
        /// The last epoch that this copy contains completely.
        complete: u64,
        /// The partition that has deleted snapshots of that epoch.
        ahead: u32,
        /// The epoch up to which it has deleted replaced snapshots.
        collected: u64,
    },
}
