//! Defines how the operator describes a store to the agent, for one start or one store change.
//!
//! A process of a gang gets a [`StoreSpec`], a store pod gets a [`ChangeSpec`]. The operator sets both
//! as environment variables of the pod, and the agent parses them.

use std::path::PathBuf;

use crate::identity::{ClaimUid, StoreId, Timeline};

mod change;
mod error;
mod placement;

pub use crate::start::{Intervals, IntervalsError};
pub use change::{Change, ChangeSpec, Source};
pub use error::SpecError;
pub use placement::Placement;

/// The store of a gang, as configured for one process.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StoreSpec {
    /// The folder where the volume is mounted.
    pub folder: PathBuf,
    /// The identity of the store.
    pub store: StoreId,
    /// The current timeline.
    pub timeline: Timeline,
    /// The number of the last store change in the ledger.
    pub change_number: u64,
    /// The start number of the gang.
    pub start: u64,
    /// The index of this process.
    pub ordinal: u32,
    /// The number of processes of the gang.
    pub processes: u32,
    /// The volume of each partition.
    pub placement: Placement,
    /// The UIDs of the PVCs, by ordinal of the volume.
    pub claims: Vec<ClaimUid>,
    /// Whether all processes mount volume 0.
    pub shared: bool,
    /// The intervals with which the engine is started.
    pub intervals: Intervals,
}

impl StoreSpec {
    /// Returns every contradiction in the spec; empty if the spec is valid.
    #[must_use]
    pub fn contradictions(&self) -> Vec<SpecError> {
        let volumes = if self.shared { 1 } else { self.processes };
        let no_process = (self.ordinal >= self.processes).then_some(SpecError::NoProcess {
            ordinal: self.ordinal,
            processes: self.processes,
        });
        let no_claim = (0..volumes)
            .filter(|ordinal| self.claim_of(*ordinal).is_none())
            .map(|ordinal| SpecError::NoClaim { ordinal });
        let not_mounted = self
            .placement
            .iter()
            .filter(|(_, ordinal)| *ordinal >= volumes)
            .map(|(index, ordinal)| SpecError::NotMounted { index, ordinal });
        no_process
            .into_iter()
            .chain(no_claim)
            .chain(not_mounted)
            .collect()
    }

    /// Returns the ordinal of the volume that this process mounts.
    #[must_use]
    pub fn volume(&self) -> u32 {
        if self.shared { 0 } else { self.ordinal }
    }

    /// Returns the partitions for which this process is responsible: it verifies, offers and trims
    /// them.
    ///
    /// On a shared volume, too, exactly one process is responsible for each partition.
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
