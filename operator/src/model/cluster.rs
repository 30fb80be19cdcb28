//! The API server's objects, the StatefulSet controller, the kubelet, the user.

use super::operator::Operator;

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
    /// It waits for connections that are gone.
    pub(super) stuck: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Probe {
    pub(super) uid: u8,
    pub(super) revision: u8,
    pub(super) passed: Option<bool>,
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
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) flow: Flow,
    pub(super) set: Option<Set>,
    pub(super) pods: Vec<Pod>,
    pub(super) probes: Vec<Probe>,
    pub(super) operators: [Operator; 2],
    pub(super) budget: Budget,
    pub(super) tick: u8,
    pub(super) next_uid: u8,
    /// The revision whose input has really ended.
    pub(super) ended: Option<u8>,
}

impl World {
    /// A Dataflow that nobody has looked at.
    pub(super) fn fresh(size: u8, budget: Budget) -> Self {
        let flow = Flow {
            version: 0,
            revision: 1,
            size,
            suspend: false,
            start: None,
            formed: None,
            completed: None,
            resting: false,
            ran: None,
        };
        let mut world = Self {
            operators: [Operator::default(), Operator::default()],
            flow,
            set: None,
            pods: Vec::new(),
            probes: Vec::new(),
            budget,
            tick: 1,
            next_uid: 1,
            ended: None,
        };
        for index in 0..2 {
            world.refresh_all(index);
        }
        world
    }

    /// A Dataflow whose gang is together.
    pub(super) fn running(size: u8, budget: Budget) -> Self {
        let mut world = Self::fresh(size, budget);
        let mark = Mark { revision: 1, size, start: 1 };
        world.flow.start = Some(1);
        world.flow.formed = Some((1, 0));
        world.flow.ran = Some(1);
        world.set =
            Some(Set { uid: 100, version: 0, replicas: size, mark, seen: true, existing: size });
        for ordinal in 0..size {
            let pod = world.new_pod(ordinal, 100, mark);
            world.pods.push(Pod { process: Process::Ready, ..pod });
        }
        for index in 0..2 {
            world.refresh_all(index);
        }
        world
    }

    fn new_pod(&mut self, ordinal: u8, owner: u8, mark: Mark) -> Pod {
        self.next_uid += 1;
        Pod {
            uid: self.next_uid,
            ordinal,
            owner: Some(owner),
            mark,
            process: Process::Waiting,
            terminating: false,
            made: self.tick,
            since: self.tick,
            died: None,
            restarts: 0,
            stuck: false,
        }
    }

    /// Everything that anybody but an operator may do next.
    pub(super) fn events(&self) -> Vec<(String, World)> {
        let mut next = self.controller();
        next.extend(self.kubelet());
        next.extend(self.people());
        next.extend(self.accidents());
        next
    }

    fn then(&self, what: impl Into<String>, change: impl FnOnce(&mut Self)) -> (String, Self) {
        let mut world = self.clone();
        change(&mut world);
        (what.into(), world)
    }

    /// The StatefulSet controller and the garbage collector.
    pub(super) fn controller(&self) -> Vec<(String, World)> {
        let mut next = Vec::new();
        let owner = self.set.as_ref().map(|set| set.uid);
        for (at, pod) in self.pods.iter().enumerate().filter(|(_, pod)| !pod.terminating) {
            let spare = match &self.set {
                Some(set) => pod.owner == owner && set.seen && pod.ordinal >= set.replicas,
                None => false,
            };
            let ownerless = pod.owner.is_some() && pod.owner != owner;
            if spare || ownerless {
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
        if let Some(at) = self.pods.iter().position(|pod| pod.owner.is_none() && !pod.terminating) {
            next.push(self.then("adopt an orphan", |world| world.pods[at].owner = owner));
        }
        for ordinal in 0..set.replicas {
            if set.seen && !self.pods.iter().any(|pod| pod.ordinal == ordinal) {
                next.push(self.then(format!("create pod of ordinal {ordinal}"), |world| {
                    let (uid, mark) = (set.uid, set.mark);
                    let pod = world.new_pod(ordinal, uid, mark);
                    world.pods.push(pod);
                }));
            }
        }
        next
    }

    /// The kubelet, and the engines that find each other.
    pub(super) fn kubelet(&self) -> Vec<(String, World)> {
        let mut next = Vec::new();
        for (at, pod) in self.pods.iter().enumerate() {
            if pod.terminating {
                next.push(self.then(format!("pod {} is gone", pod.uid), |world| {
                    world.pods.remove(at);
                    world.lose_peer();
                }));
            } else if pod.process == Process::Waiting {
                next.push(self.then(format!("pod {} starts", pod.uid), |world| {
                    world.pods[at].process = Process::Running;
                    world.pods[at].since = world.tick;
                }));
            }
        }
        let gang: Vec<&Pod> = self.pods.iter().filter(|pod| !pod.terminating).collect();
        let whole = gang.first().is_some_and(|first| usize::from(first.mark.size) == gang.len());
        if whole && gang.iter().all(|pod| pod.process == Process::Running && !pod.stuck) {
            next.push(self.then("the gang forms", |world| {
                for pod in &mut world.pods {
                    pod.process = Process::Ready;
                }
            }));
        }
        next
    }

    /// A peer of a lost process is not ready any more; it starts anew.
    fn lose_peer(&mut self) {
        for pod in self.pods.iter_mut().filter(|pod| pod.process == Process::Ready) {
            pod.process = Process::Waiting;
            pod.died = Some(self.tick);
            pod.restarts += 1;
        }
    }

    /// Whoever writes the spec.
    fn people(&self) -> Vec<(String, World)> {
        let mut next = Vec::new();
        let touched = |world: &mut World| world.flow.version += 1;
        if self.budget.edits > 0 {
            next.push(self.then("the code changes", |world| {
                world.budget.edits -= 1;
                world.flow.revision += 1;
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
        if self.budget.deletions > 0 && self.set.is_some() {
            next.push(self.then("the StatefulSet is deleted", |world| {
                world.budget.deletions -= 1;
                world.set = None;
            }));
        }
        if self.budget.orphans > 0 && self.set.is_some() {
            next.push(self.then("the StatefulSet is deleted without its pods", |world| {
                world.budget.orphans -= 1;
                world.set = None;
                for pod in &mut world.pods {
                    pod.owner = None;
                }
            }));
        }
        next
    }

    /// What nobody wants.
    fn accidents(&self) -> Vec<(String, World)> {
        let mut next = Vec::new();
        for (at, pod) in self.pods.iter().enumerate().filter(|(_, pod)| !pod.terminating) {
            if self.budget.kills > 0 {
                next.push(self.then(format!("pod {} is deleted", pod.uid), |world| {
                    world.budget.kills -= 1;
                    world.pods[at].terminating = true;
                }));
            }
            if self.budget.deaths > 0 && matches!(pod.process, Process::Running | Process::Ready) {
                for outlived in [false, true] {
                    let what = format!("pod {} dies, outlived: {outlived}", pod.uid);
                    next.push(self.then(what, |world| world.die(at, outlived)));
                }
            }
        }
        if self.budget.ends > 0
            && !self.pods.is_empty()
            && self.pods.iter().all(|pod| pod.process == Process::Ready && !pod.terminating)
        {
            next.push(self.then("the input ends", |world| {
                world.budget.ends -= 1;
                world.ended = Some(world.pods[0].mark.revision);
                for pod in &mut world.pods {
                    pod.process = Process::Ended;
                }
            }));
        }
        for probe in self.probes.iter().filter(|probe| probe.passed.is_none()) {
            for passed in [true, false] {
                let revision = probe.revision;
                next.push(self.then(format!("probe of {revision}: {passed}"), |world| {
                    for probe in &mut world.probes {
                        if probe.revision == revision {
                            probe.passed = Some(passed);
                        }
                    }
                }));
            }
        }
        if self.budget.ticks > 0 {
            next.push(self.then("time passes", |world| {
                world.budget.ticks -= 1;
                world.tick += 1;
            }));
        }
        next
    }

    /// A process dies; its peer ends with it, or outlives it and waits for ever.
    fn die(&mut self, at: usize, outlived: bool) {
        self.budget.deaths -= 1;
        self.tick += 1;
        let tick = self.tick;
        for (index, pod) in self.pods.iter_mut().enumerate() {
            if !matches!(pod.process, Process::Running | Process::Ready) {
                continue;
            }
            if index == at || (pod.process == Process::Ready && !outlived) {
                pod.process = Process::Waiting;
                pod.died = Some(tick);
                pod.restarts += 1;
            } else if pod.process == Process::Ready {
                pod.process = Process::Running;
                pod.stuck = true;
            }
        }
    }
}
