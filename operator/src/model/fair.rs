//! Fair runs: no faults happen, and every actor gets its turn.

use super::cache::{Operator, Pending};
use super::cluster::{Budget, Pod, Process};
use super::operator::Decide;
use super::world::World;

/// Whether the cluster has converged to the spec.
pub(super) fn arrived(world: &World) -> bool {
    let quiet = world.pods.iter().all(|pod| !pod.terminating)
        && world.suspension_end().is_none()
        && (world.flow.suspend || world.store_is_settled())
        && world
            .operators
            .iter()
            .all(|operator| operator.flow.as_ref() == Some(&world.flow));
    let replicas = world.set.as_ref().map_or(0, |set| set.replicas);
    let failed = world
        .probes
        .iter()
        .any(|probe| probe.revision == world.flow.revision && probe.passed == Some(false));
    let runs = |revision: Option<u8>| {
        usize::from(world.flow.size) == world.pods.len()
            && world.pods.iter().all(|pod| {
                pod.process == Process::Ready
                    && revision.is_none_or(|revision| pod.mark.revision == revision)
            })
    };
    let whole = |pod: &Pod| world.children.cover(pod.mark.revision);
    quiet
        && world.pods.iter().all(whole)
        && if world.flow.suspend || world.flow.completed == Some(world.flow.revision) {
            replicas == 0 && world.pods.is_empty()
        } else if failed {
            // The earlier revision keeps running, or has reached the end of its input.
            runs(None) || (world.flow.completed.is_some() && world.pods.is_empty())
        } else {
            runs(Some(world.flow.revision)) && !world.flow.resting
        }
}

impl World {
    /// Returns a Dataflow with state whose gang has formed. The operators have brought it there.
    pub(super) fn keeping(size: u8, budget: Budget, decide: Decide) -> Self {
        let mut world = Self::fresh_keeping(size, Budget::default());
        world.settle(decide);
        world.budget = budget;
        world
    }

    /// Runs fair rounds until the cluster has converged.
    pub(super) fn settle(&mut self, decide: Decide) {
        while !arrived(self) {
            self.fair_round(decide);
        }
    }

    /// Runs one round: every actor gets its turn, no fault happens, and time passes.
    pub(super) fn fair_round(&mut self, decide: Decide) {
        while let Some((_, next)) = self.controller().into_iter().next() {
            *self = next;
        }
        while let Some((_, next)) = self.kubelet().into_iter().next() {
            *self = next;
        }
        for probe in &mut self.probes {
            let loads = self.loads.entry(probe.revision).or_insert(true);
            probe.passed = Some(*loads);
        }
        self.pass_time();
        for index in 0..2 {
            self.refresh_all(index);
            for _ in 0..3 {
                self.proceed(index, decide);
            }
        }
    }

    /// Forgets what a fair round does not read: the budget, and the caches, which it fills anew.
    pub(super) fn forget(&mut self) {
        self.budget = Budget::default();
        for operator in &mut self.operators {
            *operator = Operator {
                pending: std::mem::take(&mut operator.pending),
                ..Operator::default()
            };
        }
    }

    /// Normalizes versions, so that states which differ only in the number of writes are equal.
    pub(super) fn canonical(&mut self) {
        normalize(self.flow_versions());
        normalize(self.set_versions());
    }

    /// Returns every version of the Dataflow.
    fn flow_versions(&mut self) -> Vec<&mut u16> {
        let mut versions = vec![&mut self.flow.version];
        for operator in &mut self.operators {
            versions.extend(operator.flow.as_mut().map(|flow| &mut flow.version));
            if let Pending::AllocateStart { flow, .. } = &mut operator.pending {
                versions.push(flow);
            }
        }
        versions
    }

    /// Returns every version of the `StatefulSet`. That of another UID is ordered with them.
    fn set_versions(&mut self) -> Vec<&mut u16> {
        let mut versions: Vec<&mut u16> = Vec::new();
        versions.extend(self.set.as_mut().map(|set| &mut set.version));
        for operator in &mut self.operators {
            versions.extend(operator.set.as_mut().map(|set| &mut set.version));
            match &mut operator.pending {
                Pending::AllocateStart { set, .. } | Pending::Write { set, .. } => {
                    versions.extend(set.as_mut().map(|(_, version)| version));
                }
                Pending::Nothing => {}
            }
        }
        versions
    }
}

/// Replaces each version by its rank.
fn normalize(versions: Vec<&mut u16>) {
    let mut ranks: Vec<u16> = versions.iter().map(|version| **version).collect();
    ranks.sort_unstable();
    ranks.dedup();
    for version in versions {
        let rank = ranks.binary_search(version).unwrap_or(0);
        *version = u16::try_from(rank).unwrap_or(u16::MAX);
    }
}
