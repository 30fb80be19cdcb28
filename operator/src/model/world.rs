//! The state of the model: the objects of the API server, the content of volumes, and two operators.

use std::collections::BTreeMap;

use super::cache::Operator;
use super::cluster::{Budget, Children, Flow, Mark, Pod, Probe, Process, Set};
use super::volumes::{Objects, PARTITIONS, Volumes};

/// The state of the model.
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
    /// The number of pods that were created, by ordinal.
    pub(super) pods_made: [u8; 3],
    /// The revision whose input has ended.
    pub(super) ended: Option<u8>,
    /// Whether a revision loads, once a probe has decided it.
    pub(super) loads: BTreeMap<u8, bool>,
    /// Whether a user has deleted a child object.
    pub(super) lost: bool,
    /// Whether a start number was allocated while the flow was suspended.
    pub(super) started_suspended: bool,
}

impl World {
    /// Returns a new Dataflow without state.
    pub(super) fn fresh(size: u8, budget: Budget) -> Self {
        let flow = Flow {
            version: 0,
            revision: 1,
            size,
            suspend: false,
            until: None,
            start: None,
            formed: None,
            completed: None,
            resting: false,
            ran: None,
            keeps: false,
            store: None,
            // Revision 0 does not exist.
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
            pods_made: [0; 3],
            ended: None,
            loads: BTreeMap::new(),
            lost: false,
            started_suspended: false,
        };
        for index in 0..2 {
            world.refresh_all(index);
        }
        world
    }

    /// Returns a Dataflow whose gang has formed.
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
            layout: None,
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

    /// Returns a formed gang, and a second operator whose pod cache was filled before the gang was started.
    pub(super) fn half_blind(budget: Budget) -> Self {
        let mut world = Self::running(2, budget);
        world.operators[1].pods.clear();
        world
    }

    /// Returns a new Dataflow with state.
    pub(super) fn fresh_keeping(size: u8, budget: Budget) -> Self {
        let mut world = Self::fresh(size, budget);
        world.flow.keeps = true;
        for index in 0..2 {
            world.refresh_all(index);
        }
        world
    }

    /// Returns a new pod of the `StatefulSet`. Its UID does not depend on the order in which the pods of a gang are
    /// created, so all orders lead to one state.
    pub(super) fn new_pod(&mut self, ordinal: u8, owner: u8, mark: Mark) -> Pod {
        let made = &mut self.pods_made[usize::from(ordinal)];
        *made = made.wrapping_add(1);
        Pod {
            uid: made.wrapping_mul(3).wrapping_add(ordinal),
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
            layout: self.set.as_ref().and_then(|set| set.layout.clone()),
        }
    }

    /// Returns the name of an event, and the state after it.
    pub(super) fn then(
        &self,
        what: impl Into<String>,
        change: impl FnOnce(&mut Self),
    ) -> (String, Self) {
        let mut world = self.clone();
        change(&mut world);
        (what.into(), world)
    }

    /// Updates the whole cache of one operator.
    pub(super) fn refresh_all(&mut self, index: usize) {
        let operator = &mut self.operators[index];
        operator.flow = Some(self.flow.clone());
        operator.set.clone_from(&self.set);
        operator.pods.clone_from(&self.pods);
        operator.probes.clone_from(&self.probes);
        operator.children = self.children;
        operator.objects.clone_from(&self.objects);
    }
}
