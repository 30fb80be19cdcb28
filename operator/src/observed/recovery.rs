//! The recovery store: its ledger, its PVCs, and the store pods that change it.

use std::collections::{BTreeMap, BTreeSet};

use dataflow::plan;
use dataflow::spec::RecoveryAction;
use dataflow::status::{LastAction, StoreChangeKind};
use jiff::Timestamp;

use super::object::Version;

/// The recovery store that a revision asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DesiredStore {
    /// The number of partitions.
    pub(crate) partitions: u32,
    /// Whether one shared volume holds all partitions.
    pub(crate) single_volume: bool,
    /// The size of each volume, in bytes.
    pub(crate) volume_bytes: u128,
}

/// The state of the ledger in `status.recovery`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum LedgerState {
    /// Status has no ledger.
    #[default]
    Unknown,
    /// The ledger was read.
    Known(StoreLedger),
    /// The ledger cannot be read; the text says why.
    Unreadable(String),
}

/// The ledger of a recovery store: its identity, its PVCs, and the placement of its partitions.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StoreLedger {
    /// The identity of the store.
    pub(crate) id: String,
    /// The timeline that the state is on.
    pub(crate) timeline: String,
    /// The number of the last store change, including a pending one.
    pub(crate) change_number: i64,
    /// The placement: the volume of each partition.
    pub(crate) places: Vec<u32>,
    /// The UID of the PVC of each volume.
    pub(crate) claims: BTreeMap<u32, String>,
    /// The pending store change.
    pub(crate) pending: Option<Pending>,
    /// Whether the Dataflow no longer uses this store, because a later start had `spec.recovery.enabled: false`.
    pub(crate) detached: bool,
    /// The last recovery action that was completed.
    pub(crate) last_action: Option<Box<LastAction>>,
}

/// A store change that has begun.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pending {
    /// The kind of the change.
    pub(crate) kind: StoreChangeKind,
    /// The placement after the change.
    pub(crate) places: Vec<u32>,
    /// The timeline that it starts; `None` if the current timeline continues.
    pub(crate) timeline: Option<String>,
    /// The recovery action that requested it.
    pub(crate) action: Option<Box<LastAction>>,
}

/// The objects of a recovery store, and what a new store change needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StoreObjects {
    /// The PVC of each volume that the ledger, the desired or the running revision uses.
    pub(crate) claims: BTreeMap<u32, Claim>,
    /// The store pods.
    pub(crate) pods: Vec<StorePod>,
    /// A new random UUID, for a store or a timeline that begins in this reconcile.
    pub(crate) fresh_id: String,
    /// `spec.recovery.action`.
    pub(crate) action: Option<RecoveryAction>,
}

/// The name of the PVC of one volume, and the PVC that has this name.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Claim {
    /// The name of the PVC.
    pub(crate) name: String,
    /// The existing PVC with this name.
    pub(crate) held: Option<HeldClaim>,
}

/// An existing PVC.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HeldClaim {
    /// `metadata.uid`.
    pub(crate) uid: String,
    /// The store and the change number that the operator created it for; `None` if the operator did not create it.
    pub(crate) made_for: Option<(String, i64)>,
    /// Whether it is terminating. Kubernetes removes it as soon as no pod uses it.
    pub(crate) terminating: bool,
    /// The requested size, in bytes.
    pub(crate) bytes: u128,
    /// The refusal of the API server to expand it to the size in the spec.
    pub(crate) growth_refused: Option<GrowthRefused>,
}

impl StoreObjects {
    /// Records that the API server refused to expand a PVC.
    pub(crate) fn refuse_growth(&mut self, uid: &str, why: &str, at: Timestamp) {
        let held = self
            .claims
            .values_mut()
            .filter_map(|claim| claim.held.as_mut());
        for claim in held.filter(|held| held.uid == uid) {
            claim.growth_refused = Some(GrowthRefused {
                why: why.to_owned(),
                at,
            });
        }
    }
}

/// The refusal to expand a PVC.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct GrowthRefused {
    /// The message of the API server.
    pub(crate) why: String,
    /// The time of the refusal.
    pub(crate) at: Timestamp,
}

/// A store pod: it makes a part of a store change, or inspects the volumes.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StorePod {
    /// `metadata.name`.
    pub(crate) name: String,
    /// The precondition of its deletion.
    pub(crate) version: Version,
    /// The number of its store change; 0 for an inspection.
    pub(crate) change_number: i64,
    /// The index of its part among the parts of that change.
    pub(crate) part: u32,
    /// Whether it is terminating.
    pub(crate) deleting: bool,
    /// Its progress.
    pub(crate) progress: StoreProgress,
}

/// The progress of a store pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StoreProgress {
    /// Running or starting.
    Working,
    /// No node fits since this time; the message of the scheduler.
    Unschedulable(Timestamp, String),
    /// Failed, and restarted by the kubelet; the message says why.
    Failing(String),
    /// Completed.
    Done,
}

impl StoreLedger {
    /// Returns the volumes that hold partitions before or after the pending change.
    #[must_use]
    pub(crate) fn occupied(&self) -> BTreeSet<u32> {
        let after = self.pending.iter().flat_map(|pending| &pending.places);
        self.places.iter().chain(after).copied().collect()
    }

    /// Returns the layout for a start or for the pending change. The layout of a gang has only the PVCs of its volumes.
    #[must_use]
    pub(crate) fn layout(&self, volumes: Option<&[u32]>) -> plan::StoreLayout {
        let (places, timeline) = match &self.pending {
            Some(pending) => (&pending.places, pending.timeline.as_ref()),
            None => (&self.places, None),
        };
        let is_included = |volume: &u32| volumes.is_none_or(|volumes| volumes.contains(volume));
        plan::StoreLayout {
            id: self.id.clone(),
            timeline: timeline.unwrap_or(&self.timeline).clone(),
            change_number: self.change_number,
            places: places.clone(),
            claims: self
                .claims
                .iter()
                .filter(|(volume, _)| is_included(volume))
                .map(|(volume, uid)| (*volume, uid.clone()))
                .collect(),
        }
    }

    /// Returns the spec of one part of the pending change.
    #[must_use]
    pub(crate) fn change_spec(
        &self,
        kind: StoreChangeKind,
        part: u32,
        volumes: &[u32],
    ) -> plan::StoreChangeSpec {
        let action = self
            .pending
            .as_ref()
            .and_then(|pending| pending.action.as_ref());
        // These kinds write new partitions without reading the old ones.
        let takes_over = !matches!(
            kind,
            StoreChangeKind::Initialise | StoreChangeKind::Restore | StoreChangeKind::Reset
        );
        plan::StoreChangeSpec {
            kind,
            part,
            store: self.layout(None),
            before: if takes_over {
                self.places.clone()
            } else {
                Vec::new()
            },
            parent: (kind != StoreChangeKind::Initialise).then(|| self.timeline.clone()),
            volumes: volumes.to_vec(),
            point: action.and_then(|action| action.point.clone()),
            steps: action
                .map(|action| action.steps.clone())
                .unwrap_or_default(),
        }
    }
}
