//! PVCs, volumes and store pods.

use std::collections::{BTreeMap, BTreeSet};

use dataflow::plan::StoreLayout;
use dataflow::status::StoreChangeKind;

/// The number of partitions of the first revision.
pub(super) const PARTITIONS: u32 = 2;

/// The objects of the API server that belong to a recovery store, besides the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Objects {
    pub(super) claims: BTreeMap<u32, Claim>,
    pub(super) store_pods: Vec<StorePod>,
}

/// A PVC.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Claim {
    pub(super) uid: u8,
    pub(super) made_for: (String, i64),
    /// Whether it is removed with the last pod that uses it.
    pub(super) terminating: bool,
}

/// A store pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct StorePod {
    pub(super) uid: u8,
    pub(super) part: u32,
    /// The kind of the store change; `None` for an inspection.
    pub(super) kind: Option<StoreChangeKind>,
    pub(super) volumes: Vec<u32>,
    pub(super) before: Vec<u32>,
    pub(super) after: StoreLayout,
    pub(super) start: u8,
    pub(super) done: bool,
    /// The report of an inspection.
    pub(super) report: String,
}

impl StorePod {
    /// Returns the number of its store change; 0 for an inspection.
    pub(super) fn change_number(&self) -> i64 {
        self.kind.map_or(0, |_| self.after.change_number)
    }
}

/// The content of a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Volume {
    pub(super) parts: BTreeSet<usize>,
    /// The number of partitions of the store when these were written.
    pub(super) count: usize,
    pub(super) timeline: String,
    /// The number of the store change that wrote the partitions.
    pub(super) put: i64,
    /// The number of the last store change that used the volume.
    pub(super) change_number: i64,
    pub(super) start: u8,
}

/// All volumes by the UID of their PVC, and the history of the partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Volumes {
    pub(super) by_claim: BTreeMap<u8, Volume>,
    /// The number of times that each partition of each timeline was created.
    pub(super) made: BTreeMap<(String, usize), u8>,
    /// The partitions that must exist.
    pub(super) whole: BTreeSet<usize>,
    /// Whether a volume with state was removed.
    pub(super) lost: bool,
    /// The number of times that all state was dropped.
    pub(super) dropped: u8,
    /// The number of times that a user requested to drop all state.
    pub(super) requested: u8,
}
