//! What a store job is told.

use std::{collections::BTreeSet, path::PathBuf};

use super::{error::OrdersError, placement::Placement};
use crate::{
    cut::Known,
    identity::{ClaimUid, StoreId, Timeline},
};

/// What a store job is told.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct JobOrders {
    /// The folder that has a folder for each mounted volume, named by its ordinal.
    pub root: PathBuf,
    /// The ordinals of the mounted volumes.
    pub volumes: BTreeSet<u32>,
    /// The claims, by ordinal; none where the job does not know one.
    pub claims: Vec<Option<ClaimUid>>,
    /// The store.
    pub store: StoreId,
    /// The number of this job's step.
    pub step: u64,
    /// The highest start number drawn so far.
    pub start: u64,
    /// The timeline that holds after the job.
    pub timeline: Timeline,
    /// Which volume holds which partition after the job.
    pub placement: Placement,
    /// What is done.
    pub change: Change,
}

/// What a store job does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Change {
    /// Makes the empty partitions of a new store on the mounted volumes.
    Initialise,
    /// Brings partitions to other volumes.
    Move {
        /// Which volume held which partition.
        before: Placement,
        /// The timeline, the same before and after.
        parent: Timeline,
    },
    /// Spreads all rows over another number of partitions.
    Repartition {
        /// Which volume held which partition.
        before: Placement,
        /// The timeline that held before.
        parent: Timeline,
    },
    /// Takes the state of steps away that the dataflow no longer has.
    DropSteps {
        /// Which volume held which partition.
        before: Placement,
        /// The timeline that held before.
        parent: Timeline,
        /// The ids of the steps, as they stand in the partitions.
        steps: Vec<String>,
    },
    /// Puts a consistent cut of copies in the place of whatever lies on the volumes.
    Restore {
        /// One copy of each partition of a set.
        sources: Vec<Source>,
        /// What manifests tell.
        known: Known,
        /// The timeline the cut is of.
        from: Timeline,
    },
    /// Puts empty partitions in the place of whatever lies on the volumes.
    Reset {
        /// The timeline that held before, where known.
        from: Option<Timeline>,
    },
}

/// A copy of a partition, anywhere but on a volume.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Source {
    /// Where it lies. It may be changed: SQLite folds what lies beside it.
    pub path: PathBuf,
    /// The frontier of the whole gang, read before the copy was begun; none where nobody noted it.
    pub frontier: Option<u64>,
}

impl JobOrders {
    /// Says what contradicts itself, all at once; nothing when the orders can be followed.
    #[must_use]
    pub fn contradictions(&self) -> Vec<OrdersError> {
        let mut faults: Vec<_> = self
            .volumes
            .iter()
            .filter(|ordinal| self.claim_of(**ordinal).is_none())
            .map(|ordinal| OrdersError::NoClaim { ordinal: *ordinal })
            .collect();
        match &self.change {
            Change::Initialise => {}
            Change::Move { before, parent } => {
                if *parent != self.timeline {
                    faults.push(OrdersError::Timeline);
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
                    faults.push(OrdersError::Timeline);
                }
                faults.extend(self.not_mounted(before.iter().chain(self.placement.iter())));
            }
            Change::Restore { .. } | Change::Reset { .. } => {
                if self.parent() == Some(&self.timeline) {
                    faults.push(OrdersError::Timeline);
                }
                faults.extend(self.not_mounted(self.placement.iter()));
            }
        }
        faults
    }

    /// The timeline that held before; none for a new store.
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

    /// Which volume held which partition; none where that does not matter.
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

    /// Where a mounted volume's folder is.
    #[must_use]
    pub(crate) fn folder_of(&self, ordinal: u32) -> PathBuf {
        self.root.join(ordinal.to_string())
    }

    pub(crate) fn claim_of(&self, ordinal: u32) -> Option<&ClaimUid> {
        self.claims
            .get(usize::try_from(ordinal).ok()?)
            .and_then(Option::as_ref)
    }

    fn wrong_counts(&self, before: &Placement, wrong: bool) -> Option<OrdersError> {
        wrong.then(|| OrdersError::Count {
            before: before.count(),
            after: self.placement.count(),
        })
    }

    fn not_mounted(
        &self,
        partitions: impl Iterator<Item = (u32, u32)>,
    ) -> impl Iterator<Item = OrdersError> {
        partitions
            .filter(|(_, ordinal)| !self.volumes.contains(ordinal))
            .map(|(index, ordinal)| OrdersError::NotMounted { index, ordinal })
    }
}
