//! From the store there is to the one that is asked for, step by step.

use std::collections::{BTreeMap, BTreeSet};

use dataflow::placement;
use dataflow::status::{Reason, StoreChangeKind};

use super::super::step::after;
use super::super::{Decision, STORE_ROOM_PATIENCE, Standing, Step, StoreStep, Which};
use super::{Readiness, action, changing, lost, refused};
use crate::observed::{
    Goal, HeldClaim, Observed, Pending, StoreLedger, StorePod, StoreProgress, StoreWish,
};

/// How often to look for something that may come without an event, in seconds.
pub(super) const LOOK_AGAIN: i64 = 5;

/// What the steps towards a store have in common.
pub(super) struct Change<'a> {
    pub(super) o: &'a Observed,
    pub(super) which: Which,
    pub(super) goal: &'a Goal,
}

impl Change<'_> {
    /// Brings a store to what is asked for.
    pub(super) fn towards(&self, ledger: &StoreLedger, wish: StoreWish) -> Readiness {
        if let Some(action) = action::due(self.o, self.which, ledger) {
            let begun = action::begun(self.o, self.goal, wish, ledger, action);
            return Readiness::NotYet(self.write(begun, "changes the state as ordered"));
        }
        match &ledger.pending {
            Some(pending) => Readiness::NotYet(self.go_on(ledger, pending)),
            None => self.settled(ledger, wish),
        }
    }

    /// Begins a store where there is none.
    pub(super) fn open(&self, wish: StoreWish) -> Decision {
        let id = self.o.store.fresh_id.clone();
        let volumes = placement::volumes(wish.single_volume, self.goal.size);
        let ledger = StoreLedger {
            timeline: format!("1-{}", action::digits(&id)),
            id,
            step: 1,
            places: Vec::new(),
            claims: BTreeMap::new(),
            pending: Some(Pending {
                kind: StoreChangeKind::Initialise,
                places: placement::initial(wish.partitions, &volumes),
                timeline: None,
                action: None,
            }),
            detached: false,
            last_action: None,
        };
        match action::from_elsewhere(self.o, self.which) {
            None => self.write(ledger, "makes a recovery store"),
            Some(Ok(backup)) => {
                let unknown = StoreLedger {
                    id: backup.store,
                    timeline: backup.timeline,
                    step: 0,
                    pending: None,
                    ..ledger
                };
                let begun = action::begun(self.o, self.goal, wish, &unknown, backup.action);
                self.write(begun, sentence(StoreChangeKind::Restore))
            }
            Some(Err(why)) => Decision::rest(refused(why)).again(self.o, 30),
        }
    }

    /// Leaves the store as it is, because no state is kept from now on.
    pub(super) fn detach(&self, ledger: &StoreLedger) -> Decision {
        self.tidy().unwrap_or_else(|| {
            let left = StoreLedger {
                detached: true,
                ..ledger.clone()
            };
            self.write(left, "leaves the recovery store")
        })
    }

    /// Finishes a change that has been begun.
    fn go_on(&self, ledger: &StoreLedger, pending: &Pending) -> Decision {
        let earlier = |pod: &&StorePod| pod.step != ledger.step && !pod.deleting;
        if let Some(pod) = self.o.store.pods.iter().find(earlier) {
            return self.delete(pod);
        }
        if lost(self.o, ledger).is_some() {
            // Only a change that takes nothing from the volumes comes here without them; its pod
            // has been told of others.
            let anew = StoreLedger {
                step: ledger.step + 1,
                claims: alive(self.o, ledger),
                ..ledger.clone()
            };
            return self.write(anew, sentence(pending.kind));
        }
        if let Some(decision) = self.claims(ledger, &needed(ledger, pending)) {
            return decision;
        }
        let told = sentence(pending.kind);
        for (part, volumes) in parts(ledger, pending) {
            let pod = self
                .o
                .store
                .pods
                .iter()
                .find(|pod| (pod.step, pod.part) == (ledger.step, part));
            match pod {
                None => {
                    let step = StoreStep::CreatePod {
                        kind: pending.kind,
                        part,
                        volumes,
                    };
                    return self.act(step, told);
                }
                Some(pod) if pod.progress == StoreProgress::Done => {}
                // Where nothing was before, nothing can be left as it was.
                Some(pod) if !ledger.places.is_empty() && self.is_taken_back(pod, pending) => {
                    let as_before = StoreLedger {
                        step: ledger.step + 1,
                        pending: None,
                        ..ledger.clone()
                    };
                    return self.write(as_before, "leaves the state as it was");
                }
                Some(pod) => return self.wait_for(pod, told),
            }
        }
        self.write(done(ledger, pending), told)
    }

    /// Whether a backup cannot be restored, and nobody asks for it any more. A gang finds out by
    /// itself whether the store is still what it was.
    fn is_taken_back(&self, pod: &StorePod, pending: &Pending) -> bool {
        let asked = self.o.store.action.as_ref();
        matches!(pod.progress, StoreProgress::Failing(_))
            && pending.kind == StoreChangeKind::Restore
            && self.which == Which::Target
            && !asked.is_some_and(|action| action::is_of(pending, action))
    }

    /// A store with nothing under way: is anything to be begun?
    fn settled(&self, ledger: &StoreLedger, wish: StoreWish) -> Readiness {
        if let Some(decision) = self.tidy() {
            return Readiness::NotYet(decision);
        }
        let volumes = placement::volumes(wish.single_volume, self.goal.size);
        let same_count = usize::try_from(wish.partitions).ok() == Some(ledger.places.len());
        let (kind, places) = if same_count {
            let places = placement::within(&ledger.places, &volumes);
            (StoreChangeKind::Move, places)
        } else {
            let places = placement::initial(wish.partitions, &volumes);
            (StoreChangeKind::Repartition, places)
        };
        if places != ledger.places {
            let begins = kind == StoreChangeKind::Repartition;
            let timeline = || action::next_timeline(&ledger.timeline, &self.o.store.fresh_id);
            let begun = StoreLedger {
                step: ledger.step + 1,
                pending: Some(Pending {
                    kind,
                    places,
                    timeline: begins.then(timeline),
                    action: None,
                }),
                ..ledger.clone()
            };
            return Readiness::NotYet(self.write(begun, sentence(kind)));
        }
        match self.claims(ledger, &volumes) {
            Some(decision) => Readiness::NotYet(decision),
            None => Readiness::Ready(Some(ledger.orders(Some(&volumes)))),
        }
    }

    /// Removes the pods of a change that is through.
    fn tidy(&self) -> Option<Decision> {
        let pods = &self.o.store.pods;
        if let Some(pod) = pods.iter().find(|pod| !pod.deleting) {
            return Some(self.delete(pod));
        }
        let pod = pods.first()?;
        let standing = changing(format!("waits until pod {} is gone", pod.name));
        Some(Decision::rest(standing).again(self.o, LOOK_AGAIN))
    }

    /// Sees to it that the claims of some volumes are there and in the ledger.
    fn claims(&self, ledger: &StoreLedger, volumes: &[u32]) -> Option<Decision> {
        let mut known = ledger.claims.clone();
        for ordinal in volumes {
            let Some(claim) = self.o.store.claims.get(ordinal) else {
                let standing = changing("looks for recovery volumes");
                return Some(Decision::rest(standing).again(self.o, LOOK_AGAIN));
            };
            let Some(held) = &claim.held else {
                let step = StoreStep::CreateClaim(*ordinal);
                return Some(self.act(step, "makes recovery volumes"));
            };
            if held.leaving {
                let standing = changing(format!("waits until the claim {} is gone", claim.name));
                return Some(Decision::rest(standing).again(self.o, LOOK_AGAIN));
            }
            if known.get(ordinal) == Some(&held.uid) {
                continue;
            }
            if !ours(held, ledger) {
                let standing = refused(format!(
                    "the claim {name} was not made for this store; remove it if nobody needs it: \
                     kubectl delete pvc {name}",
                    name = claim.name
                ));
                return Some(Decision::rest(standing).again(self.o, 30));
            }
            known.insert(*ordinal, held.uid.clone());
        }
        (known != ledger.claims).then(|| {
            let noted = StoreLedger {
                claims: known,
                ..ledger.clone()
            };
            self.write(noted, "makes recovery volumes")
        })
    }

    pub(super) fn wait_for(&self, pod: &StorePod, told: &str) -> Decision {
        let standing = match &pod.progress {
            StoreProgress::Failing(why) => refused(format!("pod {}: {why}", pod.name)),
            StoreProgress::Unschedulable(since, why) => {
                let sentence = format!("pod {} finds no node: {why}", pod.name);
                if self.o.now >= after(*since, STORE_ROOM_PATIENCE) {
                    Standing::stalled(Reason::Unschedulable, sentence)
                } else {
                    changing(sentence)
                }
            }
            StoreProgress::Working | StoreProgress::Done => changing(told),
        };
        Decision::rest(standing).again(self.o, LOOK_AGAIN)
    }

    fn write(&self, ledger: StoreLedger, told: &str) -> Decision {
        let dataflow = self.o.dataflow.clone();
        let step = StoreStep::WriteLedger {
            dataflow,
            ledger,
            start: None,
        };
        self.act(step, told)
    }

    pub(super) fn delete(&self, pod: &StorePod) -> Decision {
        let step = StoreStep::DeletePod(pod.name.clone(), pod.version.clone());
        self.act(step, "tidies up")
    }

    pub(super) fn act(&self, step: StoreStep, told: &str) -> Decision {
        Decision::act(Step::Store(self.which, step), changing(told))
    }
}

/// The ledger after a change.
fn done(ledger: &StoreLedger, pending: &Pending) -> StoreLedger {
    let action = pending.action.as_ref();
    StoreLedger {
        timeline: pending
            .timeline
            .as_ref()
            .unwrap_or(&ledger.timeline)
            .clone(),
        places: pending.places.clone(),
        pending: None,
        detached: ledger.detached && action.is_none(),
        last_action: action.or(ledger.last_action.as_ref()).cloned(),
        ..ledger.clone()
    }
}

/// The claims that are still the ones that the ledger knows.
pub(super) fn alive(o: &Observed, ledger: &StoreLedger) -> BTreeMap<u32, String> {
    let is_there = |volume: &u32, uid: &String| {
        let held = o.store.claims.get(volume).and_then(|it| it.held.as_ref());
        held.is_some_and(|held| held.uid == *uid && !held.leaving)
    };
    let known = ledger.claims.iter();
    known
        .filter(|(volume, uid)| is_there(volume, uid))
        .map(|(volume, uid)| (*volume, uid.clone()))
        .collect()
}

/// The volumes that a change needs.
fn needed(ledger: &StoreLedger, pending: &Pending) -> Vec<u32> {
    match pending.kind {
        // What lies on any volume is to go, so that no later gang finds it.
        StoreChangeKind::Restore | StoreChangeKind::Reset => {
            let after = pending.places.iter().copied();
            let all: BTreeSet<u32> = ledger.claims.keys().copied().chain(after).collect();
            all.into_iter().collect()
        }
        _ => ledger.occupied().into_iter().collect(),
    }
}

/// The pods that make a change, each with the volumes that it works on.
fn parts(ledger: &StoreLedger, pending: &Pending) -> Vec<(u32, Vec<u32>)> {
    let all = needed(ledger, pending);
    match pending.kind {
        StoreChangeKind::Initialise => (0..).zip(all).map(|(at, one)| (at, vec![one])).collect(),
        StoreChangeKind::Move => vec![(0, moving(ledger, pending))],
        StoreChangeKind::Repartition
        | StoreChangeKind::DropSteps
        | StoreChangeKind::Restore
        | StoreChangeKind::Reset => vec![(0, all)],
    }
}

/// The volumes that a move touches: those that partitions leave and those that they go to.
fn moving(ledger: &StoreLedger, pending: &Pending) -> Vec<u32> {
    let ways = ledger.places.iter().zip(&pending.places);
    let mut touched: Vec<u32> = ways
        .filter(|(from, to)| from != to)
        .flat_map(|(from, to)| [*from, *to])
        .collect();
    touched.sort_unstable();
    touched.dedup();
    touched
}

/// Whether a claim that the ledger does not know yet may be taken into use: the operator made it
/// for this store. One that takes the place of a volume with state has been refused by then.
fn ours(held: &HeldClaim, ledger: &StoreLedger) -> bool {
    held.made_for
        .as_ref()
        .is_some_and(|(store, step)| *store == ledger.id && *step <= ledger.step)
}

fn sentence(kind: StoreChangeKind) -> &'static str {
    match kind {
        StoreChangeKind::Initialise => "makes the recovery partitions",
        StoreChangeKind::Move => "moves recovery partitions from volumes that are no longer used",
        StoreChangeKind::Repartition => "spreads the state over another number of partitions",
        StoreChangeKind::DropSteps => "drops state as ordered",
        StoreChangeKind::Restore => "restores a backup",
        StoreChangeKind::Reset => "makes empty partitions",
    }
}
