//! Defines the spec of a store change.

use std::{collections::BTreeSet, path::PathBuf};

use super::{error::SpecError, placement::Placement};
use crate::{
    cut::ManifestFacts,
    identity::{ClaimUid, StoreId, Timeline},
};

/// A store change, as configured for one store pod.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ChangeSpec {
    /// The folder that contains a folder for each mounted volume, named by its ordinal.
    pub root: PathBuf,
    /// The ordinals of the mounted volumes.
    pub volumes: BTreeSet<u32>,
    /// The UIDs of the PVCs, by ordinal; `None` for an unknown PVC.
    pub claims: Vec<Option<ClaimUid>>,
    /// The identity of the store.
    pub store: StoreId,
    /// The number of this store change.
    pub change_number: u64,
    /// The highest start number that was used so far.
    pub start: u64,
    /// The current timeline after the change.
    pub timeline: Timeline,
    /// The volume of each partition after the change.
    pub placement: Placement,
    /// The kind of change.
    pub change: Change,
}

/// The kind of a store change, with its parameters.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// Creates the empty partitions of a new store on the mounted volumes.
    Initialise,
    /// Moves partitions to other volumes.
    Move {
        /// The volume of each partition before the change.
        before: Placement,
        /// The timeline, which is the same before and after.
        parent: Timeline,
    },
    /// Distributes all rows over another number of partitions.
    Repartition {
        /// The volume of each partition before the change.
        before: Placement,
        /// The timeline before the change.
        parent: Timeline,
    },
    /// Deletes the state of steps that the dataflow no longer has.
    DropSteps {
        /// The volume of each partition before the change.
        before: Placement,
        /// The timeline before the change.
        parent: Timeline,
        /// The ids of the steps, as stored in the partitions.
        steps: Vec<String>,
    },
    /// Replaces all partitions on the volumes by a consistent cut of copies.
    Restore {
        /// The copies, one of each partition of a set.
        sources: Vec<Source>,
        /// Facts from the manifests of all copies.
        manifest_facts: ManifestFacts,
        /// The timeline of the cut.
        from: Timeline,
    },
    /// Replaces all partitions on the volumes by empty partitions.
    Reset {
        /// The timeline before the change, if it is known.
        from: Option<Timeline>,
    },
}

/// A copy of a partition, outside the volumes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Source {
    /// The path of the copy. SQLite may change the file: it checkpoints a `-wal` beside it.
    pub path: PathBuf,
    /// The frontier of the whole gang, read before the copy began; `None` if it was not recorded.
    pub frontier: Option<u64>,
}

impl ChangeSpec {
    /// Returns every contradiction in the spec; empty if the spec is valid.
    #[must_use]
    pub fn contradictions(&self) -> Vec<SpecError> {
        let mut faults: Vec<_> = self
            .volumes
            .iter()
            .filter(|ordinal| self.claim_of(**ordinal).is_none())
            .map(|ordinal| SpecError::NoClaim { ordinal: *ordinal })
            .collect();
        match &self.change {
            Change::Initialise => {}
            Change::Move { before, parent } => {
                if *parent != self.timeline {
                    faults.push(SpecError::Timeline);
                }
                faults.extend(self.wrong_counts(before, before.count() != self.placement.count()));
                let moved: Vec<_> = before
                    .iter()
                    .zip(self.placement.iter())
                    .filter(|(from, to)| from != to)
                    .flat_map(|(from, to)| [from, to])
                    .collect();
                faults.extend(self.not_mounted(moved.into_iter()));
            }
            Change::Repartition { before, parent } | Change::DropSteps { before, parent, .. } => {
                if *parent == self.timeline {
                    faults.push(SpecError::Timeline);
                }
                faults.extend(self.not_mounted(before.iter().chain(self.placement.iter())));
            }
            Change::Restore { .. } | Change::Reset { .. } => {
                if self.parent() == Some(&self.timeline) {
                    faults.push(SpecError::Timeline);
                }
                faults.extend(self.not_mounted(self.placement.iter()));
            }
        }
        faults
    }

    /// Returns the timeline before the change; `None` for a new store.
    #[must_use]
    pub fn parent(&self) -> Option<&Timeline> {
        match &self.change {
            Change::Initialise => None,
            Change::Move { parent, .. }
            | Change::Repartition { parent, .. }
            | Change::DropSteps { parent, .. } => Some(parent),
            Change::Restore { from, .. } => Some(from),
            Change::Reset { from } => from.as_ref(),
        }
    }

    /// Returns the placement before the change; `None` if the change does not need it.
    #[must_use]
    pub fn before(&self) -> Option<&Placement> {
        match &self.change {
            Change::Initialise | Change::Restore { .. } | Change::Reset { .. } => None,
            Change::Move { before, .. }
            | Change::Repartition { before, .. }
            | Change::DropSteps { before, .. } => Some(before),
        }
    }

    pub(crate) fn dropped_steps(&self) -> &[String] {
        match &self.change {
            Change::DropSteps { steps, .. } => steps,
            _ => &[],
        }
    }

    /// Returns the folder of a mounted volume.
    #[must_use]
    pub(crate) fn folder_of(&self, ordinal: u32) -> PathBuf {
        self.root.join(ordinal.to_string())
    }

    pub(crate) fn claim_of(&self, ordinal: u32) -> Option<&ClaimUid> {
        self.claims
            .get(usize::try_from(ordinal).ok()?)
            .and_then(Option::as_ref)
    }

    fn wrong_counts(&self, before: &Placement, wrong: bool) -> Option<SpecError> {
        wrong.then(|| SpecError::Count {
            before: before.count(),
            after: self.placement.count(),
        })
    }

    fn not_mounted(
        &self,
        partitions: impl Iterator<Item = (u32, u32)>,
    ) -> impl Iterator<Item = SpecError> {
        partitions
            .filter(|(_, ordinal)| !self.volumes.contains(ordinal))
            .map(|(index, ordinal)| SpecError::NotMounted { index, ordinal })
    }
}
