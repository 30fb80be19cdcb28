//! Defines the contradictions that a spec can contain.

use thiserror::Error;

/// A contradiction in a spec.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum SpecError {
    /// The store has no partitions.
    #[error("a store has at least one partition")]
    NoPartition,
    /// The PVC of a volume is not given.
    #[error("volume {ordinal} has no PVC")]
    NoClaim {
        /// The volume.
        ordinal: u32,
    },
    /// The process is not part of the gang.
    #[error("process {ordinal} does not exist in a gang of {processes}")]
    NoProcess {
        /// The index of the process.
        ordinal: u32,
        /// The number of processes.
        processes: u32,
    },
    /// A partition is on a volume that is not part of the spec.
    #[error("partition {index} is on volume {ordinal}, which is not mounted")]
    NotMounted {
        /// The partition.
        index: u32,
        /// The volume of the partition.
        ordinal: u32,
    },
    /// A move changes the number of partitions.
    #[error("a move keeps the number of partitions; it has {before} before and {after} after")]
    Count {
        /// The number of partitions before the change.
        before: u32,
        /// The number of partitions after the change.
        after: u32,
    },
    /// The timeline does not match the kind of the change.
    #[error("a move keeps the timeline; every other store change starts a new one")]
    Timeline,
}
