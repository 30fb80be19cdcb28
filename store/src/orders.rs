//! What a gang or a store job is told: the shape of a store, fixed for one start or one step.

use std::path::PathBuf;

use crate::identity::{ClaimUid, StoreId, Timeline};

mod error;
mod job;
mod placement;

pub use crate::start::{Intervals, IntervalsError};
pub use error::OrdersError;
pub use job::{Change, JobOrders, Source};
pub use placement::Placement;

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
