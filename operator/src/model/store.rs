//! What happens to claims and volumes. What a pod does to a volume is one event: that it survives a
//! crash at any byte is shown where it is written.

use std::collections::BTreeSet;

use dataflow::plan::Store;
use dataflow::status::StoreChangeKind;

use super::cluster::{Pod, Process};
use super::view;
use super::volumes::{Claim, Job, Volume, Volumes};
use super::world::World;
use crate::decide::StoreStep;
use crate::observed::StoreLedger;

/// The partitions that lie on one volume.
fn on(places: &[u32], volume: u32) -> BTreeSet<usize> {
    let here = |(index, place): (usize, &u32)| (*place == volume).then_some(index);
    places.iter().enumerate().filter_map(here).collect()
}

impl World {
    /// Does one step of an operator about the store.
    pub(super) fn change_store(&mut self, index: usize, step: &StoreStep) {
        let seen = self.operators[index].flow.clone();
        let seen = seen.expect("it has decided about one");
        match step {
            StoreStep::WriteLedger { ledger, start, .. } => {
                if seen.version == self.flow.version {
                    self.flow.version += 1;
                    let start = start.and_then(|start| u8::try_from(start).ok());
                    self.flow.start = self.flow.start.max(start);
                    self.flow.store = Some(ledger.clone());
                }
            }
            StoreStep::CreateClaim(ordinal) => {
                let ledger = seen.store.expect("a claim is made for a store");
                if !self.objects.claims.contains_key(ordinal) {
                    self.next_uid += 1;
                    let claim = Claim {
                        uid: self.next_uid,
                        made_for: (ledger.id, ledger.step),
                        leaving: false,
                    };
                    self.volumes.by_claim.insert(claim.uid, Volume::default());
                    self.objects.claims.insert(*ordinal, claim);
                }
            }
            StoreStep::CreatePod {
                kind,
                part,
                volumes,
            } => {
                let ledger = seen.store.expect("a pod changes a store");
                let start = seen.start.unwrap_or(0);
                self.create_job(&ledger, *kind, *part, volumes, start);
            }
            // Volumes have no size in this world.
            StoreStep::GrowClaim { .. } => {}
            // An old view of the Dataflow shows claims without a ledger: the API server is asked.
            StoreStep::Inspect(volumes) => {
                if seen.version == self.flow.version {
                    self.create_inspection(volumes);
                }
            }
            StoreStep::DeletePod(_, version) => {
                let other = |job: &Job| view::uid(job.uid) != version.uid;
                self.objects.jobs.retain(other);
            }
        }
    }

    fn create_job(
        &mut self,
        ledger: &StoreLedger,
        kind: StoreChangeKind,
        part: u32,
        volumes: &[u32],
        start: u8,
    ) {
        let named = |job: &Job| (job.step(), job.part) == (ledger.step, part);
        if self.objects.jobs.iter().any(named) {
            return;
        }
        self.next_uid += 1;
        let told = ledger.job(kind, part, volumes);
        self.objects.jobs.push(Job {
            uid: self.next_uid,
            part,
            kind: Some(kind),
            volumes: told.volumes,
            before: told.before,
            after: told.store,
            start,
            done: false,
            report: String::new(),
        });
    }

    /// What may happen to the store by itself.
    pub(super) fn store_events(&self) -> Vec<(String, World)> {
        let mut next = Vec::new();
        for at in 0..self.objects.jobs.len() {
            let mut world = self.clone();
            if world.run(at) {
                next.push((format!("job {} is done", self.objects.jobs[at].uid), world));
            }
        }
        for (ordinal, claim) in self
            .objects
            .claims
            .iter()
            .filter(|(_, claim)| claim.leaving)
        {
            let job = |job: &Job| !job.done && job.volumes.contains(ordinal);
            let pod = |pod: &Pod| pod.orders.is_some() && u32::from(pod.ordinal) == *ordinal;
            if self.objects.jobs.iter().any(job) || self.pods.iter().any(pod) {
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

    /// Somebody deletes a claim.
    pub(super) fn delete_claims(&self) -> Vec<(String, World)> {
        let claims = self.objects.claims.iter();
        let there = claims.filter(|(_, claim)| self.budget.claims > 0 && !claim.leaving);
        there
            .map(|(ordinal, _)| {
                let mut world = self.clone();
                world.budget.claims -= 1;
                if let Some(claim) = world.objects.claims.get_mut(ordinal) {
                    claim.leaving = true;
                }
                (format!("the claim of volume {ordinal} is deleted"), world)
            })
            .collect()
    }

    /// Runs a job, if nothing holds its volumes and it finds what it was told of. Says whether that
    /// has changed anything.
    fn run(&mut self, at: usize) -> bool {
        let job = self.objects.jobs[at].clone();
        if job.done || job.volumes.iter().any(|volume| self.is_locked(*volume)) {
            return false;
        }
        let Some(kind) = job.kind else {
            self.objects.jobs[at].report = self.inspect(&job.volumes);
            self.objects.jobs[at].done = true;
            return true;
        };
        let Some(claims) = self.claims_as_told(&job.after, &job.volumes) else {
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
        let later =
            |volume: &Volume| volume.step > job.after.change_number || volume.start > job.start;
        if !found
            .iter()
            .all(|volume| volume.step == job.after.change_number)
        {
            if found.iter().any(later) {
                return false;
            }
            let discards = matches!(kind, StoreChangeKind::Reset | StoreChangeKind::Restore);
            let expected = |ordinal: &u32| on(&job.before, *ordinal);
            let fits = |(found, ordinal): (&Volume, &u32)| found.parts == expected(ordinal);
            if !discards && !found.iter().zip(&job.volumes).all(fits) {
                return false;
            }
            self.put(&job, kind, &claims);
        }
        self.objects.jobs[at].done = true;
        true
    }

    /// Puts the partitions where a job is to put them.
    fn put(&mut self, job: &Job, kind: StoreChangeKind, claims: &[u8]) {
        let Job { volumes, after, .. } = job;
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
                step: after.change_number,
                start: volume.start,
            };
        }
    }

    /// Whether a process holds a volume.
    pub(super) fn is_locked(&self, volume: u32) -> bool {
        self.pods.iter().any(|pod| {
            pod.orders.is_some()
                && u32::from(pod.ordinal) == volume
                && pod.process != Process::Waiting
        })
    }

    /// The claims of some volumes, if they are the very ones that somebody was told of.
    fn claims_as_told(&self, told: &Store, volumes: &[u32]) -> Option<Vec<u8>> {
        let claim = |ordinal: &u32| {
            let uid = self.objects.claims.get(ordinal)?.uid;
            (told.claims.get(ordinal) == Some(&view::uid(uid))).then_some(uid)
        };
        volumes.iter().map(claim).collect()
    }

    /// What `verify` says to a pod: the claim whose volume it may use, none for one without state.
    pub(super) fn verify(&self, pod: &Pod) -> Result<Option<u8>, ()> {
        let Some(orders) = &pod.orders else {
            return Ok(None);
        };
        let ordinal = u32::from(pod.ordinal);
        let claims = self.claims_as_told(orders, &[ordinal]).ok_or(())?;
        let claim = claims[0];
        let volume = self.volumes.by_claim.get(&claim).ok_or(())?;
        let same_line = volume.parts.is_empty() || volume.timeline == orders.timeline;
        let fits = same_line
            && volume.parts == on(&orders.places, ordinal)
            && volume.step <= orders.change_number
            && volume.start <= pod.mark.start;
        if fits { Ok(Some(claim)) } else { Err(()) }
    }

    /// A process has taken a volume.
    pub(super) fn take_volume(&mut self, claim: u8, start: u8) {
        if let Some(volume) = self.volumes.by_claim.get_mut(&claim) {
            volume.start = start;
        }
    }

    /// Whether nothing is left to be done about the store.
    pub(super) fn store_is_settled(&self) -> bool {
        let pending = |ledger: &StoreLedger| ledger.pending.is_some();
        self.objects.jobs.is_empty() && !self.flow.store.as_ref().is_some_and(pending)
    }

    /// What must never be.
    pub(super) fn store_violation(&self) -> Option<&'static str> {
        let Volumes {
            by_claim,
            made,
            whole,
            lost,
            dropped,
            ordered,
        } = &self.volumes;
        if dropped > ordered {
            return Some("state was dropped more often than ordered");
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
        let runs = ready.any(|pod| pod.orders.is_some());
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
