//! The API server's objects.

use dataflow::plan::StoreLayout;
use dataflow::spec::RecoveryAction;

use crate::observed::StoreLedger;

/// What a pod or template was started as; the model's counterpart of a stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Mark {
    pub(super) revision: u8,
    pub(super) size: u8,
    pub(super) start: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Flow {
    pub(super) version: u16,
    pub(super) revision: u8,
    pub(super) size: u8,
    pub(super) suspend: bool,
    pub(super) start: Option<u8>,
    /// Start and restarts of the gang that last formed.
    pub(super) formed: Option<(u8, u8)>,
    pub(super) completed: Option<u8>,
    pub(super) resting: bool,
    /// `status.revision`.
    pub(super) ran: Option<u8>,
    /// Whether it keeps state.
    pub(super) keeps: bool,
    /// `status.recovery`.
    pub(super) store: Option<StoreLedger>,
    /// Number of partitions that each revision asks for, by its number.
    pub(super) counts: Vec<u32>,
    /// `spec.recovery.action`.
    pub(super) action: Option<RecoveryAction>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Set {
    pub(super) uid: u8,
    pub(super) version: u16,
    pub(super) replicas: u8,
    pub(super) mark: Mark,
    /// Whether its controller has seen this spec.
    pub(super) seen: bool,
    /// `status.replicas`.
    pub(super) existing: u8,
    /// Whether pods made from now on never start.
    pub(super) gated: bool,
    /// What its pods are told about their store.
    pub(super) orders: Option<StoreLayout>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Process {
    Waiting,
    Running,
    Ready,
    Ended,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pod {
    pub(super) uid: u8,
    pub(super) ordinal: u8,
    pub(super) owner: Option<u8>,
    pub(super) mark: Mark,
    pub(super) process: Process,
    pub(super) terminating: bool,
    /// Ticks: made, process started, last death.
    pub(super) made: u8,
    pub(super) since: u8,
    pub(super) died: Option<u8>,
    pub(super) restarts: u8,
    /// Its engine waits for connections that are gone, and its agent for nobody.
    pub(super) stuck: bool,
    /// It never starts.
    pub(super) gated: bool,
    /// What it was told about its store.
    pub(super) orders: Option<StoreLayout>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Probe {
    pub(super) uid: u8,
    pub(super) revision: u8,
    pub(super) passed: Option<bool>,
}

/// The children that are written once; revisions are bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Children {
    pub(super) code_config_maps: u8,
    pub(super) records: u8,
    pub(super) headless_service: bool,
    pub(super) api_service: bool,
}

impl Children {
    /// All that the gang of a revision needs.
    pub(super) fn of(revision: u8) -> Self {
        Self {
            code_config_maps: 1 << revision,
            records: 1 << revision,
            headless_service: true,
            api_service: true,
        }
    }

    pub(super) fn cover(self, revision: u8) -> bool {
        let Self {
            code_config_maps,
            records,
            headless_service,
            api_service,
        } = self;
        let has = |revisions: u8| revisions & (1 << revision) != 0;
        has(code_config_maps) && has(records) && headless_service && api_service
    }
}

/// How often each fault may still happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Budget {
    pub(super) crashes: u8,
    pub(super) edits: u8,
    pub(super) resizes: u8,
    pub(super) suspensions: u8,
    pub(super) kills: u8,
    pub(super) deaths: u8,
    pub(super) deletions: u8,
    pub(super) orphans: u8,
    pub(super) ends: u8,
    pub(super) ticks: u8,
    pub(super) losses: u8,
    pub(super) claims: u8,
    pub(super) repartitions: u8,
    pub(super) orders: u8,
    pub(super) wipes: u8,
}

impl Flow {
    /// How many partitions the spec asks for.
    pub(super) fn partitions(&self) -> u32 {
        self.counts[usize::from(self.revision)]
    }

    /// A new revision with so many partitions.
    pub(super) fn ask(&mut self, count: u32) {
        self.revision += 1;
        self.counts.push(count);
    }
}
