//! Why orders can't be followed.

use thiserror::Error;

/// Orders that contradict themselves.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum OrdersError {
    /// A store without partitions.
    #[error("a store has at least one partition")]
    NoPartition,
    /// A volume nobody named the claim of.
    #[error("volume {ordinal} has no claim")]
    NoClaim {
        /// The volume.
        ordinal: u32,
    },
    /// A process that is not part of the gang.
    #[error("process {ordinal} is none of {processes}")]
    NoProcess {
        /// The process.
        ordinal: u32,
        /// How many there are.
        processes: u32,
    },
    /// A partition on a volume that is not part of the orders.
    #[error("partition {index} lies on volume {ordinal}, which is not mounted")]
    NotMounted {
        /// The partition.
        index: u32,
        /// Where it should lie.
        ordinal: u32,
    },
    /// A job whose placement before does not fit the one after.
    #[error("{before} partitions before and {after} after do not fit the job")]
    Count {
        /// Before the job.
        before: u32,
        /// After it.
        after: u32,
    },
    /// A job whose timeline does not fit its kind.
    #[error("a move keeps the timeline, every other change of a store opens a new one")]
    Timeline,
}
