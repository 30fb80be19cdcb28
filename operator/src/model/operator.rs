//! An operator in the model: a cache that may lag behind, the real decisions, and the writes with
//! the same preconditions as the real ones.

use super::cluster::{Flow, Mark, Pod, Probe, Process, Set, World};
use super::explore::Decide;
use super::view;
use crate::decide::{Decision, Step, Which};
use crate::observed::Live;

/// What one operator believes, and what it is in the middle of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Operator {
    pub(super) flow: Option<Flow>,
    pub(super) set: Option<Set>,
    pub(super) pods: Vec<Pod>,
    pub(super) probes: Vec<Probe>,
    pub(super) pending: Pending,
}

/// A start is two writes; between them everything may happen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum Pending {
    #[default]
    Nothing,
    /// It has listed the pods and is about to draw a number.
    Draw {
        mark: Mark,
        set: Option<(u8, u16)>,
        flow: u16,
    },
    /// It has drawn the number and is about to write the template.
    Write { mark: Mark, set: Option<(u8, u16)> },
}

impl World {
    /// Everything that one operator may do next.
    pub(super) fn operator(&self, index: usize, decide: Decide) -> Vec<(String, World)> {
        let mut next = Vec::new();
        let mut push = |what: &str, change: &dyn Fn(&mut World)| {
            let mut world = self.clone();
            change(&mut world);
            if world != *self {
                next.push((format!("operator {index}: {what}"), world));
            }
        };
        push("sees the Dataflow", &|world| {
            world.operators[index].flow = Some(world.flow.clone());
        });
        push("sees the StatefulSet", &|world| {
            world.operators[index].set = world.set.clone();
        });
        push("sees the pods", &|world| {
            world.operators[index].pods = world.pods.clone();
            world.operators[index].probes = world.probes.clone();
        });
        push("goes on", &|world| world.proceed(index, decide));
        if self.budget.crashes > 0 && self.operators[index].pending != Pending::Nothing {
            push("crashes", &|world| {
                world.budget.crashes -= 1;
                world.operators[index].pending = Pending::Nothing;
            });
        }
        next
    }

    /// Brings one operator's whole cache up to date.
    pub(super) fn refresh_all(&mut self, index: usize) {
        let operator = &mut self.operators[index];
        operator.flow = Some(self.flow.clone());
        operator.set.clone_from(&self.set);
        operator.pods.clone_from(&self.pods);
        operator.probes.clone_from(&self.probes);
    }

    /// The next write of one operator.
    pub(super) fn proceed(&mut self, index: usize, decide: Decide) {
        match std::mem::take(&mut self.operators[index].pending) {
            Pending::Draw { mark, set, flow } => {
                if self.flow.version == flow {
                    self.flow.version += 1;
                    self.flow.start = Some(mark.start);
                    self.operators[index].pending = Pending::Write { mark, set };
                }
            }
            Pending::Write { mark, set } => self.write_template(mark, set),
            Pending::Nothing => self.pass(index, decide),
        }
    }

    fn write_template(&mut self, mark: Mark, precondition: Option<(u8, u16)>) {
        let held = self.set.as_ref().map(|set| (set.uid, set.version));
        if held != precondition {
            return;
        }
        match &mut self.set {
            Some(set) => {
                set.version += 1;
                (set.replicas, set.mark, set.seen) = (mark.size, mark, false);
            }
            None => {
                self.next_uid += 1;
                let uid = self.next_uid;
                let replicas = mark.size;
                self.set = Some(Set {
                    uid,
                    version: 0,
                    replicas,
                    mark,
                    seen: false,
                    existing: 0,
                });
            }
        }
    }

    /// Observe, decide, act, say so.
    fn pass(&mut self, index: usize, decide: Decide) {
        let mut observed = view::observe(&self.operators[index], self.tick);
        let mut decision = decide(&observed);
        if decision.step == Step::ListPods {
            observed.listed = Some(self.pods.iter().map(view::pod).collect());
            decision = decide(&observed);
        }
        if decision.step == Step::AskAgents {
            let answer = |pod: &Pod| {
                let known = self.pods.iter().find(|known| known.uid == pod.uid)?;
                let ended = known.process == Process::Ended;
                Some(Live {
                    start: i64::from(known.mark.start),
                    ended,
                })
            };
            observed.live = Some(self.operators[index].pods.iter().map(answer).collect());
            decision = decide(&observed);
        }
        self.act(index, &decision);
        self.say(index, &decision);
    }

    fn act(&mut self, index: usize, decision: &Decision) {
        match &decision.step {
            Step::Stop(version) => {
                let same = self.spec_is_unchanged(index);
                if let Some(set) = self
                    .set
                    .as_mut()
                    .filter(|set| same && view::version(set) == *version)
                {
                    set.version += 1;
                    (set.replicas, set.seen) = (0, false);
                }
            }
            Step::Start {
                which, set, above, ..
            } => self.begin(index, *which, set.is_some(), *above),
            Step::CreateProbe => {
                let revision = self.operators[index]
                    .flow
                    .as_ref()
                    .map_or(0, |flow| flow.revision);
                if !self.probes.iter().any(|probe| probe.revision == revision) {
                    self.next_uid += 1;
                    self.probes.push(Probe {
                        uid: self.next_uid,
                        revision,
                        passed: None,
                    });
                }
            }
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
            Step::DeleteProbe(..) | Step::Rest | Step::ListPods | Step::AskAgents => {}
            other => panic!("the model has no children to write: {other:?}"),
        }
    }

    /// The look past the cache before something is stopped or forgotten.
    fn spec_is_unchanged(&self, index: usize) -> bool {
        let spec = |flow: &Flow| (flow.revision, flow.size, flow.suspend);
        let seen = self.operators[index].flow.as_ref();
        seen.is_some_and(|seen| spec(seen) == spec(&self.flow))
    }

    /// Makes ready for the two writes of a start.
    fn begin(&mut self, index: usize, which: Which, update: bool, above: i64) {
        let operator = &self.operators[index];
        let seen = operator.flow.as_ref().expect("it has decided about one");
        let ran = operator
            .set
            .as_ref()
            .map(|set| set.mark.revision)
            .or(seen.ran);
        let revision = match which {
            Which::Target => seen.revision,
            Which::Running => ran.expect("something ran"),
        };
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
    fn say(&mut self, index: usize, decision: &Decision) {
        let Operator {
            flow, set, pending, ..
        } = &self.operators[index];
        let Some(seen) = flow.clone().filter(|_| *pending == Pending::Nothing) else {
            return;
        };
        let mut new = seen.clone();
        if let Some(formed) = &decision.formed {
            let number = |number: i64| u8::try_from(number).unwrap_or(u8::MAX);
            new.formed = Some((number(formed.start), number(i64::from(formed.restarts))));
        }
        new.ran = set.as_ref().map(|set| set.mark.revision).or(seen.ran);
        new.resting = view::rests(decision);
        if new != seen && self.flow.version == seen.version {
            new.version += 1;
            self.flow = new;
        }
    }
}
