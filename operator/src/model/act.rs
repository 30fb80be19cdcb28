//! What the steps of an operator do to the model's objects.

use dataflow::plan::StoreLayout;

use super::cache::{Operator, Pending};
use super::cluster::{Flow, Mark, Probe, Set};
use super::view;
use super::world::World;
use crate::decide::{Deed, Step};
use crate::observed::{Version, Which};

impl World {
    pub(super) fn act(&mut self, index: usize, deed: &Deed) {
        match &deed.step {
            Step::Stop(version) if self.spec_is_unchanged(index) => {
                self.patch_set(version, |set| set.replicas = 0);
            }
            Step::Gate(version) => self.patch_set(version, |set| set.gated = true),
            Step::Start {
                which,
                set,
                above,
                store,
                ..
            } => self.begin(index, *which, set.is_some(), *above, store.clone()),
            Step::Store(_, step) => self.change_store(index, step),
            Step::RemoveSet(version) => {
                let meant = |set: &Set| view::version(set) == *version;
                if self.set.as_ref().is_some_and(meant) {
                    self.set = None;
                }
            }
            Step::CreateProbe => self.create_probe(index),
            Step::DeleteProbe(_, version) if self.spec_is_unchanged(index) => {
                self.probes
                    .retain(|probe| view::uid(probe.uid) != version.uid);
            }
            Step::DeletePods(pods) => {
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
            Step::Complete(_) => self.complete(index),
            // The look past the cache has shown another spec.
            Step::Stop(_) | Step::DeleteProbe(..) => {}
            Step::Rest | Step::BackUp => {}
            Step::CreateCodeConfigMap(which) => {
                let revision = self.revision_of(index, *which);
                self.children.code_config_maps |= 1 << revision;
            }
            Step::CreateRecord(which) => {
                let revision = self.revision_of(index, *which);
                self.children.records |= 1 << revision;
            }
            Step::WriteHeadlessService(..) => self.children.headless_service = true,
            Step::WriteApiService(..) => self.children.api_service = true,
            Step::Drop(surplus) => panic!("nothing is surplus in the model: {surplus:?}"),
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

    /// A patch that fails when the set is not the one that was meant.
    fn patch_set(&mut self, version: &Version, change: impl FnOnce(&mut Set)) {
        let meant = |set: &&mut Set| view::version(set) == *version;
        if let Some(set) = self.set.as_mut().filter(meant) {
            change(set);
            (set.version, set.seen) = (set.version + 1, false);
        }
    }

    /// The look past the cache before something is stopped or forgotten.
    fn spec_is_unchanged(&self, index: usize) -> bool {
        let spec = |flow: &Flow| (flow.revision, flow.size, flow.suspend, flow.action.clone());
        let seen = self.operators[index].flow.as_ref();
        seen.is_some_and(|seen| spec(seen) == spec(&self.flow))
    }

    /// The revision that a step of one operator is about.
    fn revision_of(&self, index: usize, which: Which) -> u8 {
        let operator = &self.operators[index];
        let seen = operator.flow.as_ref().expect("it has decided about one");
        let template = operator.set.as_ref().map(|set| set.mark.revision);
        match which {
            Which::Target => seen.revision,
            Which::Running => template.or(seen.ran).expect("something ran"),
        }
    }

    /// Makes ready for the two writes of a start.
    fn begin(
        &mut self,
        index: usize,
        which: Which,
        update: bool,
        above: i64,
        orders: Option<StoreLayout>,
    ) {
        let revision = self.revision_of(index, which);
        let operator = &self.operators[index];
        let seen = operator.flow.as_ref().expect("it has decided about one");
        let start = u8::try_from(above + 1).expect("a test draws few numbers");
        let mark = Mark {
            revision,
            size: seen.size,
            start,
        };
        let held = operator.set.as_ref().map(|set| (set.uid, set.version));
        assert_eq!(held.is_some(), update);
        let flow = seen.version;
        self.operators[index].pending = Pending::Draw {
            mark,
            set: held,
            flow,
            orders,
        };
    }

    fn complete(&mut self, index: usize) {
        let seen = self.operators[index]
            .flow
            .clone()
            .expect("it has decided about one");
        if seen.version == self.flow.version {
            self.flow.version += 1;
            self.flow.completed = self.operators[index]
                .set
                .as_ref()
                .map(|set| set.mark.revision);
        }
    }

    /// The one status write of a pass, guarded by the version it was computed from.
    pub(super) fn say(&mut self, index: usize, deed: &Deed) {
        let Operator {
            flow, set, pending, ..
        } = &self.operators[index];
        let Some(seen) = flow.clone().filter(|_| *pending == Pending::Nothing) else {
            return;
        };
        let mut new = seen.clone();
        if let Some(formed) = &deed.formed {
            let number = |number: i64| u8::try_from(number).unwrap_or(u8::MAX);
            new.formed = Some((number(formed.start), number(formed.restarts)));
        }
        new.ran = set.as_ref().map(|set| set.mark.revision).or(seen.ran);
        new.resting = view::rests(deed);
        if new != seen && self.flow.version == seen.version {
            new.version += 1;
            self.flow = new;
        }
    }
}
