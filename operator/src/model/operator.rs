//! An operator in the model: a cache that may lag behind, the real decisions, and the writes with
//! the same preconditions as the real ones.

use dataflow::plan::StoreLayout;
use jiff::Timestamp;

use super::cache::Pending;
use super::cluster::{Mark, Pod, Process, Set};
use super::view;
use super::world::World;
use crate::decide::{Decision, Deed, Question, Step};
use crate::observed::{Answer, LastBackup, Observed, ProcessReport, Waits};

/// The decisions under test.
pub(super) type Decide = fn(&Observed) -> Decision;

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
                    let deed = world.decide_with_answers(index, decide);
                    world.act(index, &deed);
                    world.operators[index].pending = Pending::Nothing;
                }
            });
        }
        next
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
        orders: Option<StoreLayout>,
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
        let deed = self.decide_with_answers(index, decide);
        self.act(index, &deed);
        self.say(index, &deed);
    }

    /// A deed that all questions have been answered for.
    fn decide_with_answers(&self, index: usize, decide: Decide) -> Deed {
        let mut observed = view::observe(index, &self.operators[index], self.tick);
        loop {
            match decide(&observed) {
                Decision::Ask(question) => observed.note(self.answer(index, &question)),
                // Copies are made at once, and the next pass sees what became of them.
                Decision::Do(deed) if deed.step == Step::BackUp => {
                    // One operator's copies are made; the other one waits for them in vain.
                    observed.backups.last = match index {
                        0 => LastBackup::Settled(Ok(())),
                        _ => LastBackup::UnderWay(Timestamp::MIN),
                    };
                }
                Decision::Do(deed) => return deed,
            }
        }
    }

    fn answer(&self, index: usize, question: &Question) -> Answer {
        match question {
            Question::Pods => Answer::Pods(self.pods.iter().map(view::pod).collect()),
            Question::Processes => {
                let seen = self.operators[index].pods.iter();
                Answer::Processes(seen.map(|pod| self.report(pod)).collect())
            }
            Question::Inspection(pod) => Answer::Inspection(self.read_inspection(pod)),
            Question::StoredSteps | Question::Backups | Question::Resumption => {
                panic!("nothing is asked in the model that its view knows: {question:?}")
            }
        }
    }

    /// What the agent of a pod says that an operator has seen.
    fn report(&self, seen: &Pod) -> Option<ProcessReport> {
        let known = self.pods.iter().find(|known| known.uid == seen.uid)?;
        let ended = known.process == Process::Ended;
        // Whoever starts while others do not waits for them, unless rounds are mixed.
        let all_start = |pod: &Pod| pod.stuck || pod.process == Process::Running;
        let waits = !ended && !self.pods.iter().all(all_start);
        Some(ProcessReport {
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
    }
}
