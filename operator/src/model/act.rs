//! Applies the operations of an operator to the objects of the model.

use dataflow::plan::StoreLayout;

use super::cache::{Operator, Pending};
use super::cluster::{Flow, Mark, Probe, Set};
use super::view;
use super::world::World;
use crate::decide::{Decision, Operation};
use crate::observed::{RevisionRef, Version};

impl World {
    /// Performs the operation of a decision.
    pub(super) fn act(&mut self, index: usize, decision: &Decision) {
        match &decision.operation {
            Operation::Stop(version) if self.spec_is_unchanged(index) => {
                self.patch_set(version, |set| set.replicas = 0);
            }
            Operation::Gate(version) => self.patch_set(version, |set| set.gated = true),
            Operation::Start {
                which,
                set,
                above,
                store,
                ..
            } => self.begin(index, *which, set.is_some(), *above, store.clone()),
            Operation::Store(_, operation) => self.change_store(index, operation),
            Operation::RemoveSet(version) => {
                let expected = |set: &Set| view::version(set) == *version;
                if self.set.as_ref().is_some_and(expected) {
                    self.set = None;
                }
            }
            Operation::CreateProbe => self.create_probe(index),
            Operation::DeleteProbe(_, version) if self.spec_is_unchanged(index) => {
                self.probes
                    .retain(|probe| view::uid(probe.uid) != version.uid);
            }
            Operation::DeletePods(pods) => {
                for (_, version) in pods {
                    for pod in self
                        .pods
                        .iter_mut()
                        .filter(|pod| view::uid(pod.uid) == version.uid)
                    {
                        pod.terminating = true;
                    }
                }
            }
            Operation::Complete(_) => self.complete(index),
            // The API server has another spec than the cache of the operator.
            Operation::Stop(_) | Operation::DeleteProbe(..) => {}
            Operation::None | Operation::BackUp => {}
            Operation::CreateCodeConfigMap(which) => {
                let revision = self.revision_of(index, *which);
                self.children.code_config_maps |= 1 << revision;
            }
            Operation::CreateRecord(which) => {
                let revision = self.revision_of(index, *which);
                self.children.records |= 1 << revision;
            }
            Operation::WriteHeadlessService(..) => self.children.headless_service = true,
            Operation::WriteApiService(..) => self.children.api_service = true,
            Operation::DeleteObsolete(obsolete) => {
                panic!("nothing is obsolete in the model: {obsolete:?}")
            }
        }
    }

    fn create_probe(&mut self, index: usize) {
        let seen = self.operators[index].flow.as_ref();
        let revision = seen.map_or(0, |flow| flow.revision);
        if !self.probes.iter().any(|probe| probe.revision == revision) {
            self.next_uid += 1;
            self.probes.push(Probe {
                uid: self.next_uid,
                revision,
                passed: None,
            });
        }
    }

    /// Patches the `StatefulSet`, unless it has another UID or version.
    fn patch_set(&mut self, version: &Version, change: impl FnOnce(&mut Set)) {
        let expected = |set: &&mut Set| view::version(set) == *version;
        if let Some(set) = self.set.as_mut().filter(expected) {
            change(set);
            (set.version, set.seen) = (set.version + 1, false);
        }
    }

    /// Whether the API server has the spec that the operator has in its cache. The real operator checks this before it
    /// stops a gang or deletes a probe pod.
    fn spec_is_unchanged(&self, index: usize) -> bool {
        let spec = |flow: &Flow| (flow.revision, flow.size, flow.suspend, flow.until);
        let seen = self.operators[index].flow.as_ref();
        seen.is_some_and(|seen| spec(seen) == spec(&self.flow) && seen.action == self.flow.action)
    }

    /// Returns the revision that an operation of one operator refers to.
    fn revision_of(&self, index: usize, which: RevisionRef) -> u8 {
        let operator = &self.operators[index];
        let seen = operator
            .flow
            .as_ref()
            .expect("the operator has decided about a Dataflow");
        let template = operator.set.as_ref().map(|set| set.mark.revision);
        match which {
            RevisionRef::Target => seen.revision,
            RevisionRef::Running => template.or(seen.ran).expect("something ran"),
        }
    }

    /// Prepares the two writes of a start.
    fn begin(
        &mut self,
        index: usize,
        which: RevisionRef,
        update: bool,
        above: i64,
        layout: Option<StoreLayout>,
    ) {
        let revision = self.revision_of(index, which);
        let operator = &self.operators[index];
        let seen = operator
            .flow
            .as_ref()
            .expect("the operator has decided about a Dataflow");
        let start = u8::try_from(above + 1).expect("a test allocates few start numbers");
        let mark = Mark {
            revision,
            size: seen.size,
            start,
        };
        let held = operator.set.as_ref().map(|set| (set.uid, set.version));
        assert_eq!(held.is_some(), update);
        let flow = seen.version;
        self.operators[index].pending = Pending::AllocateStart {
            mark,
            set: held,
            flow,
            layout,
        };
    }

    fn complete(&mut self, index: usize) {
        let seen = self.operators[index]
            .flow
            .clone()
            .expect("the operator has decided about a Dataflow");
        if seen.version == self.flow.version {
            self.flow.version += 1;
            self.flow.completed = self.operators[index]
                .set
                .as_ref()
                .map(|set| set.mark.revision);
        }
    }

    /// Writes the status of a reconcile, unless the Dataflow has changed since it was observed.
    pub(super) fn write_status(&mut self, index: usize, decision: &Decision) {
        let Operator {
            flow, set, pending, ..
        } = &self.operators[index];
        let Some(seen) = flow.clone().filter(|_| *pending == Pending::Nothing) else {
            return;
        };
        let mut new = seen.clone();
        if let Some(formed) = &decision.formed {
            let number = |number: i64| u8::try_from(number).unwrap_or(u8::MAX);
            new.formed = Some((number(formed.start), number(formed.restarts)));
        }
        new.ran = set.as_ref().map(|set| set.mark.revision).or(seen.ran);
        new.resting = view::rests(decision);
        if new != seen && self.flow.version == seen.version {
            new.version += 1;
            self.flow = new;
        }
    }
}
