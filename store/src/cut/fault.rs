//! Why copies can't be cut.

use thiserror::Error;

use crate::identity::{StoreId, Timeline};

/// Why copies can't be cut.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum CutFault {
    /// There is no copy of a partition.
    #[error("there is no copy of partition {index} of {count}")]
    Missing {
        /// The partition.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// There are two copies of a partition, or copies of sets of different sizes.
    #[error("the copies are not of one set: partition {index} of {count} is one too many")]
    Surplus {
        /// The partition.
        index: u32,
        /// How many there are by itself.
        count: u32,
    },
    /// A copy of another store, or of a timeline that was abandoned.
    #[error("the copy of partition {index} is of store {store}, timeline {timeline}")]
    Foreign {
        /// The partition.
        index: u32,
        /// Its store.
        store: StoreId,
        /// Its timeline.
        timeline: Timeline,
    },
    /// Nobody knows where an execution after the copy resumed, and so what of the copy still holds.
    #[error(
        "the copy of partition {index} is of execution {of}, and where execution {unknown} \
         resumed is not known"
    )]
    UnknownExecution {
        /// The partition.
        index: u32,
        /// The execution it was taken in.
        of: u64,
        /// The one that is not known.
        unknown: u64,
    },
    /// What is needed has been collected.
    #[error(
        "partition {behind} is complete only up to epoch {complete}, and partition {ahead} has \
         collected up to epoch {collected}; the copies lie too far apart"
    )]
    Infeasible {
        /// The partition that holds the cut back.
        behind: u32,
        /// The last epoch it has completely.
        complete: u64,
        /// The partition that no longer has it.
        ahead: u32,
        /// Up to where that one was collected.
        collected: u64,
    },
}
