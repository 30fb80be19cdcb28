//! An operator in the model: a cache that may lag behind, the real decisions, and the writes with
//! the same preconditions as the real ones.

use dataflow::plan::Store;
use jiff::Timestamp;

use super::cluster::{Children, Flow, Mark, Pod, Probe, Process, Set, World};
use super::explore::Decide;
use super::store::Objects;
use super::view;
use crate::decide::{Decision, Step};
use crate::observed::{LastBackup, Live, Waits};

/// What one operator believes, and what it is in the middle of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Operator {
    pub(super) flow: Option<Flow>,
    pub(super) set: Option<Set>,
    pub(super) pods: Vec<Pod>,
    pub(super) probes: Vec<Probe>,
    pub(super) children: Children,
    pub(super) objects: Objects,
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
        orders: Option<Store>,
    },
    /// It has drawn the number and is about to write the template.
    Write {
        mark: Mark,
        set: Option<(u8, u16)>,
        orders: Option<Store>,
    },
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
        push("sees the children", &|world| {
            world.operators[index].children = world.children;
        });
        push("sees claims and jobs", &|world| {
            world.operators[index].objects = world.objects.clone();
        });
        push("goes on", &|world| world.proceed(index, decide));
        if self.budget.crashes > 0 {
            let between = self.operators[index].pending != Pending::Nothing;
            push("crashes", &|world| {
                world.budget.crashes -= 1;
                if between {
                    world.operators[index].pending = Pending::Nothing;
                } else {
                    // The write got through; what was to be said about it did not.
                    let decision = world.answered(index, decide);
                    world.act(index, &decision);
                    world.operators[index].pending = Pending::Nothing;
                }
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
        operator.children = self.children;
        operator.objects.clone_from(&self.objects);
    }

    /// The next write of one operator.
    pub(super) fn proceed(&mut self, index: usize, decide: Decide) {
        match std::mem::take(&mut self.operators[index].pending) {
            Pending::Draw {
                mark,
                set,
                flow,
                orders,
            } => {
                if self.flow.version == flow {
                    self.flow.version += 1;
                    self.flow.start = Some(mark.start);
                    self.operators[index].pending = Pending::Write { mark, set, orders };
                }
            }
            Pending::Write { mark, set, orders } => self.write_template(mark, set, orders),
            Pending::Nothing => self.pass(index, decide),
        }
    }

    fn write_template(
        &mut self,
        mark: Mark,
        precondition: Option<(u8, u16)>,
        orders: Option<Store>,
    ) {
        let held = self.set.as_ref().map(|set| (set.uid, set.version));
        if held != precondition {
            return;
        }
        match &mut self.set {
            Some(set) => {
                set.version += 1;
                (set.replicas, set.mark, set.seen) = (mark.size, mark, false);
                set.gated = false;
                set.orders = orders;
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
                    gated: false,
                    orders,
                });
            }
        }
    }

    /// Observe, decide, act, say so.
    fn pass(&mut self, index: usize, decide: Decide) {
        let decision = self.answered(index, decide);
        self.act(index, &decision);
        self.say(index, &decision);
    }

    /// A decision whose questions have been answered.
    fn answered(&self, index: usize, decide: Decide) -> Decision {
        let mut observed = view::observe(index, &self.operators[index], self.tick);
        let mut decision = decide(&observed);
        if decision.step == Step::ListPods {
            observed.listed = Some(self.pods.iter().map(view::pod).collect());
            decision = decide(&observed);
        }
        if decision.step == Step::AskAgents {
            let answer = |pod: &Pod| {
                let known = self.pods.iter().find(|known| known.uid == pod.uid)?;
                let ended = known.process == Process::Ended;
                // Whoever starts while others do not waits for them, unless rounds are mixed.
                let all_start = |pod: &Pod| pod.stuck || pod.process == Process::Running;
                let waits = !ended && !self.pods.iter().all(all_start);
                Some(Live {
                    start: i64::from(known.mark.start),
                    ended,
                    running: matches!(known.process, Process::Running | Process::Ready),
                    formed: known.process == Process::Ready,
                    process: u32::from(known.ordinal),
                    waits: waits.then(|| Waits {
                        reason: String::new(),
                        overdue: false,
                    }),
                })
            };
            observed.live = Some(self.operators[index].pods.iter().map(answer).collect());
            decision = decide(&observed);
        }
        if decision.step == Step::BackUp {
            // One operator's copies are made; the other one waits for them in vain.
            observed.backups.last = match index {
                0 => LastBackup::Settled(Ok(())),
                _ => LastBackup::UnderWay(Timestamp::MIN),
            };
            decision = decide(&observed);
        }
        if let Step::ReadInspection(pod) = &decision.step {
            observed.store.report = Some(self.read_inspection(pod));
            decision = decide(&observed);
        }
        decision
    }
}
