//! The objects of the API server, without the recovery store.

use dataflow::plan::StoreLayout;
use dataflow::spec::RecoveryAction;

use crate::observed::StoreLedger;

/// The stamp of a pod or template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Mark {
    pub(super) revision: u8,
    pub(super) size: u8,
    pub(super) start: u8,
}

/// The annotation that requests a suspension.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Until {
    /// The time of a tick.
    Tick(u8),
    /// A text that is no time.
    Unreadable,
}

/// A Dataflow: its spec and its status.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Flow {
    pub(super) version: u16,
    pub(super) revision: u8,
    pub(super) size: u8,
    pub(super) suspend: bool,
    /// The annotation that requests a suspension with an end.
    pub(super) until: Option<Until>,
    pub(super) start: Option<u8>,
    /// `status.formed`: start number and restarts of the gang that formed last.
    pub(super) formed: Option<(u8, u8)>,
    pub(super) completed: Option<u8>,
    pub(super) resting: bool,
    /// `status.revision`.
    pub(super) ran: Option<u8>,
    /// Whether the spec keeps state.
    pub(super) keeps: bool,
    /// `status.recovery`.
    pub(super) store: Option<StoreLedger>,
    /// The number of partitions of each revision, by revision number.
    pub(super) counts: Vec<u32>,
    /// `spec.recovery.action`.
    pub(super) action: Option<RecoveryAction>,
}

/// The `StatefulSet`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Set {
    pub(super) uid: u8,
    pub(super) version: u16,
    pub(super) replicas: u8,
    pub(super) mark: Mark,
    /// Whether the StatefulSet controller has observed this spec.
    pub(super) seen: bool,
    /// `status.replicas`.
    pub(super) existing: u8,
    /// Whether new pods get the scheduling gate.
    pub(super) gated: bool,
    /// The layout of the recovery store in its pod template.
    pub(super) layout: Option<StoreLayout>,
}

/// The state of the process in a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Process {
    Waiting,
    Running,
    Ready,
    Ended,
}

/// A pod of the gang.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Pod {
    pub(super) uid: u8,
    pub(super) ordinal: u8,
    pub(super) owner: Option<u8>,
    pub(super) mark: Mark,
    pub(super) process: Process,
    pub(super) terminating: bool,
    /// The tick of its creation.
    pub(super) made: u8,
    /// The tick of the last start of its process.
    pub(super) since: u8,
    /// The tick of the last termination of its process.
    pub(super) died: Option<u8>,
    pub(super) restarts: u8,
    /// Whether its engine waits for lost connections, while its agent does not wait for a round.
    pub(super) stuck: bool,
    /// Whether it has the scheduling gate.
    pub(super) gated: bool,
    /// The layout of the recovery store in its environment.
    pub(super) layout: Option<StoreLayout>,
}

/// A probe pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Probe {
    pub(super) uid: u8,
    pub(super) revision: u8,
    pub(super) passed: Option<bool>,
}

/// The child objects that are written once. Each bit is a revision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Children {
    pub(super) code_config_maps: u8,
    pub(super) records: u8,
    pub(super) headless_service: bool,
    pub(super) api_service: bool,
}

impl Children {
    /// Returns all child objects that the gang of a revision needs.
    pub(super) fn of(revision: u8) -> Self {
        Self {
            code_config_maps: 1 << revision,
            records: 1 << revision,
            headless_service: true,
            api_service: true,
        }
    }

    /// Whether all child objects of a revision exist.
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

/// The number of times that each fault may still happen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Budget {
    pub(super) crashes: u8,
    pub(super) edits: u8,
    pub(super) resizes: u8,
    pub(super) suspensions: u8,
    pub(super) timed_suspensions: u8,
    pub(super) kills: u8,
    pub(super) deaths: u8,
    pub(super) deletions: u8,
    pub(super) orphans: u8,
    pub(super) ends: u8,
    pub(super) ticks: u8,
    pub(super) losses: u8,
    pub(super) claims: u8,
    pub(super) repartitions: u8,
    pub(super) actions: u8,
    pub(super) wipes: u8,
}

impl Flow {
    /// Returns the number of partitions in the spec.
    pub(super) fn partitions(&self) -> u32 {
        self.counts[usize::from(self.revision)]
    }

    /// Changes the spec to a new revision with `count` partitions.
    pub(super) fn edit(&mut self, count: u32) {
        self.revision += 1;
        self.counts.push(count);
    }
}
