//! What a gang or a store job is told: the shape of a store, fixed for one start or one step.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::identity::{ClaimUid, StoreId, Timeline};

mod job;

pub use job::{Change, JobOrders, Source};

/// The ordinal of the volume that holds partition 0, 1, 2, ...
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Placement(Vec<u32>);

/// How often the engine snapshots, and how long it keeps what newer snapshots replaced.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "RawIntervals", rename_all = "camelCase")]
pub struct Intervals {
    snapshot: u64,
    backup: u64,
}

/// What every process of a gang is told about its store.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GangOrders {
    /// Where the volume is mounted.
    pub folder: PathBuf,
    /// The store.
    pub store: StoreId,
    /// The timeline that holds.
    pub timeline: Timeline,
    /// The highest step number of the ledger.
    pub step: u64,
    /// The start number of the gang.
    pub start: u64,
    /// The index of this process.
    pub ordinal: u32,
    /// How many processes the gang has.
    pub processes: u32,
    /// Which volume holds which partition.
    pub placement: Placement,
    /// The claims, by ordinal of the volume.
    pub claims: Vec<ClaimUid>,
    /// Whether all processes mount volume 0.
    pub shared: bool,
    /// What the engine is started with.
    pub intervals: Intervals,
}

/// Orders that contradict themselves.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum OrdersError {
    /// A store without partitions.
    #[error("a store has at least one partition")]
    NoPartition,
    /// An interval the engine would misread.
    #[error(
        "the snapshot interval is {snapshot} s; it must be at least 1 s, or nothing is ever collected"
    )]
    SnapshotInterval {
        /// What was given, in seconds.
        snapshot: u64,
    },
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

impl Placement {
    /// Takes the ordinals of the volumes of partition 0, 1, ...
    ///
    /// # Errors
    /// Refuses an empty list.
    pub fn new(ordinals: Vec<u32>) -> Result<Self, OrdersError> {
        if ordinals.is_empty() {
            return Err(OrdersError::NoPartition);
        }
        Ok(Self(ordinals))
    }

    /// How many partitions there are.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.0.len()).expect("orders name fewer than four billion partitions")
    }

    /// The volume of a partition.
    #[must_use]
    pub fn volume_of(&self, index: u32) -> Option<u32> {
        self.0.get(usize::try_from(index).ok()?).copied()
    }

    /// The partitions of a volume.
    pub fn on(&self, ordinal: u32) -> impl Iterator<Item = u32> + '_ {
        self.iter()
            .filter(move |(_, volume)| *volume == ordinal)
            .map(|(index, _)| index)
    }

    /// Every partition with its volume.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        (0..).zip(self.0.iter().copied())
    }
}

impl Intervals {
    /// Takes whole seconds.
    ///
    /// # Errors
    /// Refuses a snapshot interval of 0.
    pub fn new(snapshot: u64, backup: u64) -> Result<Self, OrdersError> {
        if snapshot == 0 {
            return Err(OrdersError::SnapshotInterval { snapshot });
        }
        Ok(Self { snapshot, backup })
    }

    /// Seconds between snapshots.
    #[must_use]
    pub fn snapshot(self) -> u64 {
        self.snapshot
    }

    /// Seconds that replaced snapshots are kept.
    #[must_use]
    pub fn backup(self) -> u64 {
        self.backup
    }

    /// How many epochs the engine's collection stays behind the newest closed one.
    #[must_use]
    pub fn kept_epochs(self) -> u64 {
        self.backup.div_ceil(self.snapshot)
    }
}

#[derive(Deserialize)]
struct RawIntervals {
    snapshot: u64,
    backup: u64,
}

impl TryFrom<RawIntervals> for Intervals {
    type Error = OrdersError;

    fn try_from(raw: RawIntervals) -> Result<Self, OrdersError> {
        Self::new(raw.snapshot, raw.backup)
    }
}

impl GangOrders {
    /// Says what contradicts itself, all at once; nothing when the orders can be followed.
    #[must_use]
    pub fn contradictions(&self) -> Vec<OrdersError> {
        let volumes = if self.shared { 1 } else { self.processes };
        let no_process = (self.ordinal >= self.processes).then_some(OrdersError::NoProcess {
            ordinal: self.ordinal,
            processes: self.processes,
        });
        let no_claim = (0..volumes)
            .filter(|ordinal| self.claim_of(*ordinal).is_none())
            .map(|ordinal| OrdersError::NoClaim { ordinal });
        let not_mounted = self
            .placement
            .iter()
            .filter(|(_, ordinal)| *ordinal >= volumes)
            .map(|(index, ordinal)| OrdersError::NotMounted { index, ordinal });
        no_process
            .into_iter()
            .chain(no_claim)
            .chain(not_mounted)
            .collect()
    }

    /// The ordinal of the volume this process mounts.
    #[must_use]
    pub fn volume(&self) -> u32 {
        if self.shared { 0 } else { self.ordinal }
    }

    /// The partitions this process answers for: it verifies, offers and trims them.
    ///
    /// On a shared volume every partition still has exactly one process.
    #[must_use]
    pub fn partitions(&self) -> Vec<u32> {
        let mine = |index: &u32| !self.shared || index % self.processes.max(1) == self.ordinal;
        self.placement.on(self.volume()).filter(mine).collect()
    }

    pub(crate) fn claim_of(&self, ordinal: u32) -> Option<&ClaimUid> {
        self.claims.get(usize::try_from(ordinal).ok()?)
    }
}

#[cfg(test)]
mod tests;
