//! Claims, volumes, and the pods that change them.

use std::collections::{BTreeMap, BTreeSet};

use dataflow::plan::Store;
use dataflow::status::StoreChangeKind;

/// How many partitions a store has at first.
pub(super) const PARTITIONS: u32 = 2;

/// What the API server holds about a store besides the ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Objects {
    pub(super) claims: BTreeMap<u32, Claim>,
    pub(super) jobs: Vec<Job>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Claim {
    pub(super) uid: u8,
    pub(super) made_for: (String, i64),
    /// It goes with the last pod that uses it.
    pub(super) leaving: bool,
}

/// A pod that changes the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Job {
    pub(super) uid: u8,
    pub(super) part: u32,
    /// What it does; an inspection only looks.
    pub(super) kind: Option<StoreChangeKind>,
    pub(super) volumes: Vec<u32>,
    pub(super) before: Vec<u32>,
    pub(super) after: Store,
    pub(super) start: u8,
    pub(super) done: bool,
    /// What an inspection has found.
    pub(super) report: String,
}

impl Job {
    /// Number of the change that it belongs to.
    pub(super) fn step(&self) -> i64 {
        self.kind.map_or(0, |_| self.after.change_number)
    }
}

/// What lies on a volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Volume {
    pub(super) parts: BTreeSet<usize>,
    /// How many partitions the store had when these were put here.
    pub(super) count: usize,
    pub(super) timeline: String,
    /// When the partitions were put here, and the newest change that the volume has seen.
    pub(super) put: i64,
    pub(super) step: i64,
    pub(super) start: u8,
}

/// Every volume that there is, by the UID of its claim, and what became of the partitions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Volumes {
    pub(super) by_claim: BTreeMap<u8, Volume>,
    /// How often each partition of each line of history was made.
    pub(super) made: BTreeMap<(String, usize), u8>,
    /// The partitions that there should be.
    pub(super) whole: BTreeSet<usize>,
    /// Whether a volume with state is gone for good.
    pub(super) lost: bool,
    /// How often all state was dropped, and how often that was ordered.
    pub(super) dropped: u8,
    pub(super) ordered: u8,
}
