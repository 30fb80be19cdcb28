//! The recovery store as one pass sees it: the ledger, the claims, the pods that change it.

use std::collections::{BTreeMap, BTreeSet};

use dataflow::plan;
use dataflow::spec::RecoveryAction;
use dataflow::status::{LastAction, StoreChangeKind};
use jiff::Timestamp;

use super::object::Version;

/// The store that a revision asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StoreWish {
    /// Number of partitions.
    pub(crate) partitions: u32,
    /// Whether one volume holds all of them.
    pub(crate) single_volume: bool,
    /// Size of each volume, in bytes.
    pub(crate) volume_bytes: u128,
}

/// What status says about the store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) enum StoreRecord {
    /// Nothing.
    #[default]
    Unknown,
    /// Its ledger.
    Known(StoreLedger),
    /// Something that this release cannot read; why.
    Unreadable(String),
}

/// Where everything of a store is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StoreLedger {
    /// Identity of the store.
    pub(crate) id: String,
    /// Line of history that the state is on.
    pub(crate) timeline: String,
    /// Number of the last change, the one under way included.
    pub(crate) step: i64,
    /// The volume of each partition.
    pub(crate) places: Vec<u32>,
    /// UID of the claim of each volume.
    pub(crate) claims: BTreeMap<u32, String>,
    /// The change that is under way.
    pub(crate) pending: Option<Pending>,
    /// Whether the Dataflow has left the store as it was.
    pub(crate) detached: bool,
    /// The last action that was carried out.
    pub(crate) last_action: Option<Box<LastAction>>,
}

/// A change of the store that has been begun.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Pending {
    /// What is done.
    pub(crate) kind: StoreChangeKind,
    /// Where the partitions are afterwards.
    pub(crate) places: Vec<u32>,
    /// The line of history that it begins; none where it goes on with the one there is.
    pub(crate) timeline: Option<String>,
    /// The action that asked for it.
    pub(crate) action: Option<Box<LastAction>>,
}

/// What there is of a store besides its ledger.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StoreObjects {
    /// The claims of the volumes: of every one that ledger, target or running revision speaks of.
    pub(crate) claims: BTreeMap<u32, Claim>,
    /// Pods that change the store.
    pub(crate) pods: Vec<StorePod>,
    /// A UUID that nobody has seen before, for a store that is made in this pass.
    pub(crate) fresh_id: String,
    /// The action that the spec asks for.
    pub(crate) action: Option<RecoveryAction>,
}

/// The name of the claim of one volume, and who holds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Claim {
    /// The name.
    pub(crate) name: String,
    /// The claim that has it.
    pub(crate) held: Option<HeldClaim>,
}

/// A claim that is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HeldClaim {
    /// Its UID.
    pub(crate) uid: String,
    /// The store and the change that the operator made it for; `None` if somebody else made it.
    pub(crate) made_for: Option<(String, i64)>,
    /// Whether it goes away as soon as no pod uses it.
    pub(crate) leaving: bool,
    /// The size that it asks for, in bytes.
    pub(crate) bytes: u128,
    /// That the API server has refused to let the volume grow to what the spec asks for.
    pub(crate) growth_refused: Option<GrowthRefused>,
}

impl StoreObjects {
    /// Adds what the API server has just refused.
    pub(crate) fn refuse_growth(&mut self, uid: &str, why: &str, at: Timestamp) {
        let held = self.claims.values_mut().filter_map(|it| it.held.as_mut());
        for claim in held.filter(|held| held.uid == uid) {
            claim.growth_refused = Some(GrowthRefused {
                why: why.to_owned(),
                at,
            });
        }
    }
}

/// A volume that cannot grow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct GrowthRefused {
    /// The API server's words.
    pub(crate) why: String,
    /// When it said so.
    pub(crate) at: Timestamp,
}

/// A pod that makes a part of a change of the store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct StorePod {
    /// `metadata.name`.
    pub(crate) name: String,
    /// Precondition of its deletion.
    pub(crate) version: Version,
    /// Number of the change.
    pub(crate) step: i64,
    /// Which of the pods of that change it is.
    pub(crate) part: u32,
    /// Whether it is being deleted.
    pub(crate) deleting: bool,
    /// How it is doing.
    pub(crate) progress: StoreProgress,
}

/// How a pod that changes the store is doing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum StoreProgress {
    /// At work, or about to be.
    Working,
    /// No node has room for it, since then; the scheduler's words.
    Unschedulable(Timestamp, String),
    /// It cannot do its work, and tries again; one sentence.
    Failing(String),
    /// It has done it.
    Done,
}

impl StoreLedger {
    /// The volumes that hold partitions, before or after the change that is under way.
    #[must_use]
    pub(crate) fn occupied(&self) -> BTreeSet<u32> {
        let after = self.pending.iter().flat_map(|pending| &pending.places);
        self.places.iter().chain(after).copied().collect()
    }

    /// What a start, or the change under way, is told. A gang is told only of its own volumes.
    #[must_use]
    pub(crate) fn orders(&self, volumes: Option<&[u32]>) -> plan::Store {
        let (places, timeline) = match &self.pending {
            Some(pending) => (&pending.places, pending.timeline.as_ref()),
            None => (&self.places, None),
        };
        let told = |volume: &u32| volumes.is_none_or(|volumes| volumes.contains(volume));
        plan::Store {
            id: self.id.clone(),
            timeline: timeline.unwrap_or(&self.timeline).clone(),
            change_number: self.step,
            places: places.clone(),
            claims: self
                .claims
                .iter()
                .filter(|(volume, _)| told(volume))
                .map(|(volume, uid)| (*volume, uid.clone()))
                .collect(),
        }
    }

    /// One pod's part of the change under way.
    #[must_use]
    pub(crate) fn job(&self, kind: StoreChangeKind, part: u32, volumes: &[u32]) -> plan::StoreJob {
        let action = self
            .pending
            .as_ref()
            .and_then(|pending| pending.action.as_ref());
        // What is put in its place is made of nothing that is there.
        let takes_over = !matches!(
            kind,
            StoreChangeKind::Initialise | StoreChangeKind::Restore | StoreChangeKind::Reset
        );
        plan::StoreJob {
            kind,
            part,
            store: self.orders(None),
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
