//! The events of PVCs, volumes and store pods, and the invariants of the recovery store.
//!
//! The change that a store pod makes is one event. The tests of the crate `store` show that it survives a crash at any
//! byte.

use std::collections::BTreeSet;

use dataflow::plan::StoreLayout;
use dataflow::status::StoreChangeKind;

use super::cluster::{Pod, Process};
use super::view;
use super::volumes::{Claim, StorePod, Volume, Volumes};
use super::world::World;
use crate::decide::StoreOperation;
use crate::observed::StoreLedger;

/// Returns the partitions on one volume.
fn on(places: &[u32], volume: u32) -> BTreeSet<usize> {
    let here = |(index, place): (usize, &u32)| (*place == volume).then_some(index);
    places.iter().enumerate().filter_map(here).collect()
}

impl World {
    /// Performs an operation of an operator on the recovery store.
    pub(super) fn change_store(&mut self, index: usize, operation: &StoreOperation) {
        let seen = self.operators[index].flow.clone();
        let seen = seen.expect("the operator has decided about a Dataflow");
        match operation {
            StoreOperation::WriteLedger { ledger, start, .. } => {
                if seen.version == self.flow.version {
                    self.flow.version += 1;
                    let start = start.and_then(|start| u8::try_from(start).ok());
                    self.flow.start = self.flow.start.max(start);
                    self.flow.store = Some(ledger.clone());
                }
            }
            StoreOperation::CreateClaim(ordinal) => {
                let ledger = seen.store.expect("a PVC is created for a store");
                if !self.objects.claims.contains_key(ordinal) {
                    self.next_uid += 1;
                    let claim = Claim {
                        uid: self.next_uid,
                        made_for: (ledger.id, ledger.change_number),
                        terminating: false,
                    };
                    self.volumes.by_claim.insert(claim.uid, Volume::default());
                    self.objects.claims.insert(*ordinal, claim);
                }
            }
            StoreOperation::CreatePod {
                kind,
                part,
                volumes,
            } => {
                let ledger = seen.store.expect("a pod changes a store");
                let start = seen.start.unwrap_or(0);
                self.create_store_pod(&ledger, *kind, *part, volumes, start);
            }
            // Volumes have no size in the model.
            StoreOperation::GrowClaim { .. } => {}
            // Race: an old cache may show PVCs without their ledger, so the real operator asks the API server.
            StoreOperation::Inspect(volumes) => {
                if seen.version == self.flow.version {
                    self.create_inspection(volumes);
                }
            }
            StoreOperation::DeletePod(_, version) => {
                let other = |store_pod: &StorePod| view::uid(store_pod.uid) != version.uid;
                self.objects.store_pods.retain(other);
            }
        }
    }

    /// Creates a store pod, unless one of this name exists.
    fn create_store_pod(
        &mut self,
        ledger: &StoreLedger,
        kind: StoreChangeKind,
        part: u32,
        volumes: &[u32],
        start: u8,
    ) {
        let named = |store_pod: &StorePod| {
            (store_pod.change_number(), store_pod.part) == (ledger.change_number, part)
        };
        if self.objects.store_pods.iter().any(named) {
            return;
        }
        self.next_uid += 1;
        let spec = ledger.change_spec(kind, part, volumes);
        self.objects.store_pods.push(StorePod {
            uid: self.next_uid,
            part,
            kind: Some(kind),
            volumes: spec.volumes,
            before: spec.before,
            after: spec.store,
            start,
            done: false,
            report: String::new(),
        });
    }

    /// Returns the events of store pods and terminating PVCs.
    pub(super) fn store_events(&self) -> Vec<(String, World)> {
        let mut next = Vec::new();
        for at in 0..self.objects.store_pods.len() {
            let mut world = self.clone();
            if world.run(at) {
                next.push((
                    format!("store pod {} is done", self.objects.store_pods[at].uid),
                    world,
                ));
            }
        }
        for (ordinal, claim) in self
            .objects
            .claims
            .iter()
            .filter(|(_, claim)| claim.terminating)
        {
            let store_pod =
                |store_pod: &StorePod| !store_pod.done && store_pod.volumes.contains(ordinal);
            let pod = |pod: &Pod| pod.layout.is_some() && u32::from(pod.ordinal) == *ordinal;
            if self.objects.store_pods.iter().any(store_pod) || self.pods.iter().any(pod) {
                continue;
            }
            let mut world = self.clone();
            world.objects.claims.remove(ordinal);
            let volume = world.volumes.by_claim.remove(&claim.uid);
            world.volumes.lost |= volume.is_some_and(|volume| !volume.parts.is_empty());
            next.push((format!("the claim of volume {ordinal} is gone"), world));
        }
        next
    }

    /// Returns the deletions of PVCs by users.
    pub(super) fn delete_claims(&self) -> Vec<(String, World)> {
        let claims = self.objects.claims.iter();
        let existing = claims.filter(|(_, claim)| self.budget.claims > 0 && !claim.terminating);
        existing
            .map(|(ordinal, _)| {
                let mut world = self.clone();
                world.budget.claims -= 1;
                if let Some(claim) = world.objects.claims.get_mut(ordinal) {
                    claim.terminating = true;
                }
                (format!("the claim of volume {ordinal} is deleted"), world)
            })
            .collect()
    }

    /// Runs a store pod if its volumes are not locked and match its spec. Returns true if that changed anything.
    fn run(&mut self, at: usize) -> bool {
        let store_pod = self.objects.store_pods[at].clone();
        if store_pod.done
            || store_pod
                .volumes
                .iter()
                .any(|volume| self.is_locked(*volume))
        {
            return false;
        }
        let Some(kind) = store_pod.kind else {
            self.objects.store_pods[at].report = self.inspect(&store_pod.volumes);
            self.objects.store_pods[at].done = true;
            return true;
        };
        let Some(claims) = self.claims_of(&store_pod.after, &store_pod.volumes) else {
            return false;
        };
        let volume = |claim: &u8| {
            self.volumes
                .by_claim
                .get(claim)
                .cloned()
                .unwrap_or_default()
        };
        let found: Vec<Volume> = claims.iter().map(volume).collect();
        let later = |volume: &Volume| {
            volume.change_number > store_pod.after.change_number || volume.start > store_pod.start
        };
        if !found
            .iter()
            .all(|volume| volume.change_number == store_pod.after.change_number)
        {
            if found.iter().any(later) {
                return false;
            }
            let discards = matches!(kind, StoreChangeKind::Reset | StoreChangeKind::Restore);
            let expected = |ordinal: &u32| on(&store_pod.before, *ordinal);
            let fits = |(found, ordinal): (&Volume, &u32)| found.parts == expected(ordinal);
            if !discards && !found.iter().zip(&store_pod.volumes).all(fits) {
                return false;
            }
            self.put(&store_pod, kind, &claims);
        }
        self.objects.store_pods[at].done = true;
        true
    }

    /// Writes the partitions according to the spec of a store pod.
    fn put(&mut self, store_pod: &StorePod, kind: StoreChangeKind, claims: &[u8]) {
        let StorePod { volumes, after, .. } = store_pod;
        let all: BTreeSet<usize> = (0..after.places.len()).collect();
        let mut made = BTreeSet::new();
        match kind {
            StoreChangeKind::Initialise => {
                made.extend(volumes.iter().flat_map(|volume| on(&after.places, *volume)));
                self.volumes.whole.extend(&made);
            }
            StoreChangeKind::Repartition => made.extend(&all),
            StoreChangeKind::Reset | StoreChangeKind::Restore => {
                made.extend(&all);
                self.volumes.dropped += 1;
                self.volumes.lost = false;
            }
            StoreChangeKind::Move | StoreChangeKind::DropSteps => {}
        }
        if kind != StoreChangeKind::Initialise && !made.is_empty() {
            self.volumes.whole.clone_from(&all);
        }
        for part in made {
            let key = (after.timeline.clone(), part);
            *self.volumes.made.entry(key).or_default() += 1;
        }
        for (claim, ordinal) in claims.iter().zip(volumes) {
            let volume = self.volumes.by_claim.entry(*claim).or_default();
            *volume = Volume {
                parts: on(&after.places, *ordinal),
                count: after.places.len(),
                timeline: after.timeline.clone(),
                put: after.change_number,
                change_number: after.change_number,
                start: volume.start,
            };
        }
    }

    /// Whether a process has locked a volume.
    pub(super) fn is_locked(&self, volume: u32) -> bool {
        self.pods.iter().any(|pod| {
            pod.layout.is_some()
                && u32::from(pod.ordinal) == volume
                && pod.process != Process::Waiting
        })
    }

    /// Returns the PVCs of some volumes if their UIDs are the ones in the layout.
    fn claims_of(&self, layout: &StoreLayout, volumes: &[u32]) -> Option<Vec<u8>> {
        let claim = |ordinal: &u32| {
            let uid = self.objects.claims.get(ordinal)?.uid;
            (layout.claims.get(ordinal) == Some(&view::uid(uid))).then_some(uid)
        };
        volumes.iter().map(claim).collect()
    }

    /// Verifies the volume of a pod, as the role `verify` does. Returns the PVC that it may use; `None` without state.
    pub(super) fn verify(&self, pod: &Pod) -> Result<Option<u8>, ()> {
        let Some(layout) = &pod.layout else {
            return Ok(None);
        };
        let ordinal = u32::from(pod.ordinal);
        let claims = self.claims_of(layout, &[ordinal]).ok_or(())?;
        let claim = claims[0];
        let volume = self.volumes.by_claim.get(&claim).ok_or(())?;
        let same_timeline = volume.parts.is_empty() || volume.timeline == layout.timeline;
        let fits = same_timeline
            && volume.parts == on(&layout.places, ordinal)
            && volume.change_number <= layout.change_number
            && volume.start <= pod.mark.start;
        if fits { Ok(Some(claim)) } else { Err(()) }
    }

    /// Records the start that has locked a volume.
    pub(super) fn take_volume(&mut self, claim: u8, start: u8) {
        if let Some(volume) = self.volumes.by_claim.get_mut(&claim) {
            volume.start = start;
        }
    }

    /// Whether the recovery store has no pending change and no store pods.
    pub(super) fn store_is_settled(&self) -> bool {
        let pending = |ledger: &StoreLedger| ledger.pending.is_some();
        self.objects.store_pods.is_empty() && !self.flow.store.as_ref().is_some_and(pending)
    }

    /// Returns the invariant that the recovery store violates.
    pub(super) fn store_violation(&self) -> Option<&'static str> {
        let Volumes {
            by_claim,
            made,
            whole,
            lost,
            dropped,
            requested,
        } = &self.volumes;
        if dropped > requested {
            return Some("state was dropped more often than requested");
        }
        if made.values().any(|times| *times > 1) {
            return Some("a partition was made twice");
        }
        let held: Vec<usize> = by_claim
            .values()
            .flat_map(|volume| &volume.parts)
            .copied()
            .collect();
        let distinct: BTreeSet<usize> = held.iter().copied().collect();
        if distinct.len() != held.len() {
            return Some("a partition is in two places");
        }
        if !lost && distinct != *whole {
            return Some("a partition is gone");
        }
        let mut ready = self.pods.iter().filter(|pod| pod.process == Process::Ready);
        let runs = ready.any(|pod| pod.layout.is_some());
        if runs {
            let claims = |pod: &Pod| {
                self.objects
                    .claims
                    .get(&u32::from(pod.ordinal))
                    .map(|claim| claim.uid)
            };
            let seen: BTreeSet<usize> = self
                .pods
                .iter()
                .filter_map(claims)
                .filter_map(|claim| by_claim.get(&claim))
                .flat_map(|volume| &volume.parts)
                .copied()
                .collect();
            if seen != *whole {
                return Some("a gang runs without all of its state");
            }
        }
        None
    }
}
