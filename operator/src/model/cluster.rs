//! The API server's objects, the StatefulSet controller, the kubelet, the user.

use std::collections::BTreeMap;

use dataflow::plan::Store;
use dataflow::spec::RecoveryAction;

use super::explore::Decide;
use super::operator::Operator;
use super::store::{Objects, PARTITIONS, Volumes};
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
    pub(super) orders: Option<Store>,
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
    pub(super) orders: Option<Store>,
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
    pub(super) snapshots: u8,
    pub(super) records: u8,
    pub(super) headless_service: bool,
    pub(super) api_service: bool,
}

impl Children {
    /// All that the gang of a revision needs.
    pub(super) fn of(revision: u8) -> Self {
        Self {
            snapshots: 1 << revision,
            records: 1 << revision,
            headless_service: true,
            api_service: true,
        }
    }

    pub(super) fn cover(self, revision: u8) -> bool {
        let Self {
            snapshots,
            records,
            headless_service,
            api_service,
        } = self;
        let has = |revisions: u8| revisions & (1 << revision) != 0;
        has(snapshots) && has(records) && headless_service && api_service
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

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) flow: Flow,
    pub(super) set: Option<Set>,
    pub(super) pods: Vec<Pod>,
    pub(super) probes: Vec<Probe>,
    pub(super) children: Children,
    pub(super) objects: Objects,
    pub(super) volumes: Volumes,
    pub(super) operators: [Operator; 2],
    pub(super) budget: Budget,
    pub(super) tick: u8,
    pub(super) next_uid: u8,
    /// The revision whose input has really ended.
    pub(super) ended: Option<u8>,
    /// What a probe found out about a revision; every later one finds the same.
    pub(super) loads: BTreeMap<u8, bool>,
    /// Whether somebody has deleted a child object.
    pub(super) lost: bool,
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
            keeps: false,
            store: None,
            // There is no revision 0.
            counts: vec![0, PARTITIONS],
            action: None,
        };
        let mut world = Self {
            operators: [Operator::default(), Operator::default()],
            flow,
            set: None,
            pods: Vec::new(),
            probes: Vec::new(),
            children: Children::default(),
            objects: Objects::default(),
            volumes: Volumes::default(),
            budget,
            tick: 1,
            next_uid: 1,
            ended: None,
            loads: BTreeMap::new(),
            lost: false,
        };
        for index in 0..2 {
            world.refresh_all(index);
        }
        world
    }

    /// A Dataflow whose gang is together.
    pub(super) fn running(size: u8, budget: Budget) -> Self {
        let mut world = Self::fresh(size, budget);
        let mark = Mark {
            revision: 1,
            size,
            start: 1,
        };
        world.flow.start = Some(1);
        world.flow.formed = Some((1, 0));
        world.flow.ran = Some(1);
        world.children = Children::of(1);
        world.set = Some(Set {
            uid: 100,
            version: 0,
            replicas: size,
            mark,
            seen: true,
            existing: size,
            gated: false,
            orders: None,
        });
        for ordinal in 0..size {
            let pod = world.new_pod(ordinal, 100, mark);
            world.pods.push(Pod {
                process: Process::Ready,
                ..pod
            });
        }
        for index in 0..2 {
            world.refresh_all(index);
        }
        world
    }

    /// A gang that is together, and a second operator whose pod cache has not been filled since
    /// before it was started.
    pub(super) fn half_blind(budget: Budget) -> Self {
        let mut world = Self::running(2, budget);
        world.operators[1].pods.clear();
        world
    }

    /// A Dataflow with state whose gang is together: brought there by the operators themselves.
    pub(super) fn keeping(size: u8, budget: Budget, decide: Decide) -> Self {
        let mut world = Self::fresh_keeping(size, Budget::default());
        world.settle(decide);
        world.budget = budget;
        world
    }

    /// A Dataflow that keeps state and that nobody has looked at.
    pub(super) fn fresh_keeping(size: u8, budget: Budget) -> Self {
        let mut world = Self::fresh(size, budget);
        world.flow.keeps = true;
        for index in 0..2 {
            world.refresh_all(index);
        }
        world
    }

    pub(super) fn new_pod(&mut self, ordinal: u8, owner: u8, mark: Mark) -> Pod {
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
            gated: self.set.as_ref().is_some_and(|set| set.gated),
            orders: self.set.as_ref().and_then(|set| set.orders.clone()),
        }
    }
}
