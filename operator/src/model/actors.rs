//! The events of everything but the operators: the StatefulSet controller, the kubelet, users and accidents.

use super::cluster::{Children, Pod, Process};
use super::world::World;

impl World {
    /// Returns every event that is possible next without an operator.
    pub(super) fn events(&self) -> Vec<(String, World)> {
        let mut next = self.controller();
        next.extend(self.kubelet());
        next.extend(self.users());
        next.extend(self.accidents());
        next.extend(self.delete_claims());
        next.extend(self.owner());
        next.extend(self.suspensions());
        next
    }

    /// Returns the events of the StatefulSet controller and of the garbage collector.
    pub(super) fn controller(&self) -> Vec<(String, World)> {
        let mut next = Vec::new();
        let owner = self.set.as_ref().map(|set| set.uid);
        for (at, pod) in self
            .pods
            .iter()
            .enumerate()
            .filter(|(_, pod)| !pod.terminating)
        {
            let surplus = match &self.set {
                Some(set) => pod.owner == owner && set.seen && pod.ordinal >= set.replicas,
                None => false,
            };
            let ownerless = pod.owner.is_some() && pod.owner != owner;
            if surplus || ownerless {
                next.push(self.then(format!("delete pod {}", pod.uid), |world| {
                    world.pods[at].terminating = true;
                }));
            }
        }
        let Some(set) = &self.set else { return next };
        if !set.seen || usize::from(set.existing) != self.pods.len() {
            next.push(self.then("the set's status catches up", |world| {
                let existing = u8::try_from(world.pods.len()).unwrap();
                if let Some(set) = &mut world.set {
                    (set.seen, set.existing, set.version) = (true, existing, set.version + 1);
                }
            }));
        }
        if let Some(at) = self
            .pods
            .iter()
            .position(|pod| pod.owner.is_none() && !pod.terminating)
        {
            next.push(self.then("adopt an orphan", |world| world.pods[at].owner = owner));
        }
        for ordinal in 0..set.replicas {
            if set.seen && !self.pods.iter().any(|pod| pod.ordinal == ordinal) {
                next.push(
                    self.then(format!("create pod of ordinal {ordinal}"), |world| {
                        let (uid, mark) = (set.uid, set.mark);
                        let pod = world.new_pod(ordinal, uid, mark);
                        // The real operator sorts the pods by name.
                        let at = world.pods.partition_point(|other| other.ordinal < ordinal);
                        world.pods.insert(at, pod);
                    }),
                );
            }
        }
        next
    }

    /// Returns the events of the kubelet and of the engines.
    pub(super) fn kubelet(&self) -> Vec<(String, World)> {
        let mut next = self.store_events();
        for (at, pod) in self.pods.iter().enumerate() {
            if pod.terminating {
                next.push(self.then(format!("pod {} is gone", pod.uid), |world| {
                    world.pods.remove(at);
                    world.lose_peer();
                }));
            } else if pod.process == Process::Waiting
                && !pod.gated
                && self.children.code_config_maps & (1 << pod.mark.revision) != 0
                && let Ok(volume) = self.verify(pod)
            {
                next.push(self.then(format!("pod {} starts", pod.uid), |world| {
                    world.pods[at].process = Process::Running;
                    world.pods[at].since = world.tick;
                    if let Some(claim) = volume {
                        world.take_volume(claim, pod.mark.start);
                    }
                }));
            }
        }
        let gang: Vec<&Pod> = self.pods.iter().filter(|pod| !pod.terminating).collect();
        let is = |process| move |pod: &&Pod| pod.process == process;
        if gang.iter().any(is(Process::Running)) && gang.iter().any(is(Process::Ended)) {
            next.push(self.then("the ended processes restart", Self::reopen));
        }
        let whole = gang
            .first()
            .is_some_and(|first| usize::from(first.mark.size) == gang.len());
        if whole
            && gang
                .iter()
                .all(|pod| pod.process == Process::Running && !pod.stuck)
        {
            next.push(self.then("the gang forms", |world| {
                for pod in &mut world.pods {
                    pod.process = Process::Ready;
                }
            }));
        }
        next
    }

    /// Restarts the processes that had reached the end of their input, because another process restarted.
    fn reopen(&mut self) {
        let ended = |pod: &&mut Pod| pod.process == Process::Ended && !pod.terminating;
        for pod in self.pods.iter_mut().filter(ended) {
            pod.process = Process::Waiting;
            pod.died = Some(self.tick);
            pod.restarts += 1;
        }
    }

    /// Restarts the peers of a lost process.
    fn lose_peer(&mut self) {
        for pod in self
            .pods
            .iter_mut()
            .filter(|pod| pod.process == Process::Ready)
        {
            pod.process = Process::Waiting;
            pod.died = Some(self.tick);
            pod.restarts += 1;
        }
    }

    /// Returns the events of users who edit the spec or delete child objects.
    fn users(&self) -> Vec<(String, World)> {
        let mut next = Vec::new();
        let touched = |world: &mut World| world.flow.version += 1;
        if self.budget.edits > 0 {
            next.push(self.then("the code changes", |world| {
                world.budget.edits -= 1;
                let count = world.flow.partitions();
                world.flow.edit(count);
                touched(world);
            }));
        }
        if self.budget.resizes > 0 {
            for size in [1, 3] {
                next.push(self.then(format!("the size becomes {size}"), |world| {
                    world.budget.resizes -= 1;
                    world.flow.size = size;
                    touched(world);
                }));
            }
        }
        if self.budget.suspensions > 0 {
            next.push(self.then("suspend is toggled", |world| {
                world.budget.suspensions -= 1;
                world.flow.suspend = !world.flow.suspend;
                touched(world);
            }));
        }
        if self.budget.losses > 0 {
            let lose = |what: &str, change: fn(&mut Children)| {
                self.then(format!("the {what} is deleted"), |world| {
                    world.budget.losses -= 1;
                    world.lost = true;
                    change(&mut world.children);
                })
            };
            next.push(lose("code", |children| children.code_config_maps = 0));
            next.push(lose("record", |children| children.records = 0));
            next.push(lose("Service", |children| {
                children.headless_service = false;
            }));
        }
        next.extend(self.delete_set());
        next
    }

    /// Returns the deletions of the `StatefulSet`, with its pods or without them.
    fn delete_set(&self) -> Vec<(String, World)> {
        let mut next = Vec::new();
        if self.budget.deletions > 0 && self.set.is_some() {
            next.push(self.then("the StatefulSet is deleted", |world| {
                world.budget.deletions -= 1;
                world.set = None;
            }));
        }
        if self.budget.orphans > 0 && self.set.is_some() {
            next.push(
                self.then("the StatefulSet is deleted without its pods", |world| {
                    world.budget.orphans -= 1;
                    world.set = None;
                    for pod in &mut world.pods {
                        pod.owner = None;
                    }
                }),
            );
        }
        next
    }

    /// Returns the accidents: deleted and terminated pods, the end of input, probe outcomes, time.
    fn accidents(&self) -> Vec<(String, World)> {
        let mut next = Vec::new();
        for (at, pod) in self
            .pods
            .iter()
            .enumerate()
            .filter(|(_, pod)| !pod.terminating)
        {
            if self.budget.kills > 0 {
                next.push(self.then(format!("pod {} is deleted", pod.uid), |world| {
                    world.budget.kills -= 1;
                    world.pods[at].terminating = true;
                }));
            }
            if self.budget.deaths > 0 && matches!(pod.process, Process::Running | Process::Ready) {
                let what = format!("the process of pod {} terminates", pod.uid);
                next.push(self.then(what, |world| world.die(at)));
                // After a failure the operator does not restart an unconnected gang, but reports it.
                if self.pods.iter().all(|pod| pod.restarts == 0) {
                    let what = format!("pod {} is recreated in another round", pod.uid);
                    next.push(self.then(what, |world| world.mix(at)));
                }
            }
        }
        if self.budget.ends > 0
            && !self.pods.is_empty()
            && self
                .pods
                .iter()
                .all(|pod| pod.process == Process::Ready && !pod.terminating)
        {
            next.push(self.then("the input ends", |world| {
                world.budget.ends -= 1;
                // A pod that is created now is younger than the processes that have read all input.
                world.tick += 1;
                world.ended = Some(world.pods[0].mark.revision);
                for pod in &mut world.pods {
                    pod.process = Process::Ended;
                }
            }));
        }
        next.extend(self.probe_ends());
        if self.budget.ticks > 0 {
            next.push(self.then("time passes", |world| {
                world.budget.ticks -= 1;
                world.tick += 1;
            }));
        }
        next
    }

    /// Returns the outcomes of probe pods. All probes of a revision have the same outcome.
    fn probe_ends(&self) -> Vec<(String, World)> {
        let mut next = Vec::new();
        for probe in self.probes.iter().filter(|probe| probe.passed.is_none()) {
            let revision = probe.revision;
            let known = self.loads.get(&revision);
            for passed in [true, false] {
                if known.is_some_and(|loads| *loads != passed) {
                    continue;
                }
                next.push(
                    self.then(format!("probe of {revision}: {passed}"), |world| {
                        world.loads.insert(revision, passed);
                        for probe in &mut world.probes {
                            if probe.revision == revision {
                                probe.passed = Some(passed);
                            }
                        }
                    }),
                );
            }
        }
        next
    }

    /// Terminates a process and, with it, its connected peers.
    fn die(&mut self, at: usize) {
        self.budget.deaths -= 1;
        self.tick += 1;
        let tick = self.tick;
        for (index, pod) in self.pods.iter_mut().enumerate() {
            if index == at || pod.process == Process::Ready {
                pod.process = Process::Waiting;
                pod.died = Some(tick);
                pod.restarts += 1;
            }
        }
    }

    /// Recreates a pod. Its peers keep running in the old round, which mixes with the next one.
    fn mix(&mut self, at: usize) {
        self.budget.deaths -= 1;
        self.tick += 1;
        for pod in &mut self.pods {
            if pod.process == Process::Ready {
                pod.process = Process::Running;
                pod.stuck = true;
            }
        }
        let pod = &mut self.pods[at];
        (pod.process, pod.stuck) = (Process::Waiting, false);
        (pod.made, pod.died, pod.restarts) = (self.tick, None, 0);
    }
}
