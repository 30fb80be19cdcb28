//! The events of an operator.
//!
//! Its cache may lag behind. It decides with the real function, and its writes have the same preconditions as the real
//! ones.

use dataflow::plan::StoreLayout;
use jiff::Timestamp;

use super::cache::Pending;
use super::cluster::{Mark, Pod, Process, Set};
use super::view;
use super::world::World;
use crate::decide::{Decision, Next, Operation, Question};
use crate::observed::{Answer, LastBackup, Observed, ProcessReport, Waits};

/// The decision function under test.
pub(super) type Decide = fn(&Observed) -> Next;

impl World {
    /// Returns every event of one operator that is possible next.
    pub(super) fn operator(&self, index: usize, decide: Decide) -> Vec<(String, World)> {
        let mut next = self.observations(index);
        let mut written = self.clone();
        let crashes = self.budget.crashes > 0;
        let crash = |mut world: World| {
            world.budget.crashes -= 1;
            world.operators[index].pending = Pending::Nothing;
            world
        };
        let crashed = if self.operators[index].pending == Pending::Nothing {
            let decision = self.decide_with_answers(index, decide);
            written.act(index, &decision);
            // The operation was performed, but the status was not written.
            let crashed = crashes.then(|| crash(written.clone()));
            written.write_status(index, &decision);
            crashed
        } else {
            written.proceed(index, decide);
            crashes.then(|| crash(self.clone()))
        };
        if written != *self {
            next.push((format!("operator {index}: proceeds"), written));
        }
        next.extend(crashed.map(|world| (format!("operator {index}: crashes"), world)));
        next
    }

    /// Returns the updates of the parts of a cache that are old.
    fn observations(&self, index: usize) -> Vec<(String, World)> {
        let seen = &self.operators[index];
        let mut next = Vec::new();
        let mut push = |what: &str, change: &dyn Fn(&mut World)| {
            next.push(self.then(format!("operator {index}: {what}"), change));
        };
        if seen.flow.as_ref() != Some(&self.flow) {
            push("sees the Dataflow", &|world| {
                world.operators[index].flow = Some(world.flow.clone());
            });
        }
        if seen.set != self.set {
            push("sees the StatefulSet", &|world| {
                world.operators[index].set = world.set.clone();
            });
        }
        if seen.pods != self.pods || seen.probes != self.probes {
            push("sees the pods", &|world| {
                world.operators[index].pods = world.pods.clone();
                world.operators[index].probes = world.probes.clone();
            });
        }
        if seen.children != self.children {
            push("sees the children", &|world| {
                world.operators[index].children = world.children;
            });
        }
        if seen.objects != self.objects {
            push("sees claims and store pods", &|world| {
                world.operators[index].objects = world.objects.clone();
            });
        }
        next
    }

    /// Performs the next write of one operator.
    pub(super) fn proceed(&mut self, index: usize, decide: Decide) {
        match std::mem::take(&mut self.operators[index].pending) {
            Pending::AllocateStart {
                mark,
                set,
                flow,
                layout,
            } => {
                if self.flow.version == flow {
                    self.flow.version += 1;
                    self.started_suspended |= self.is_suspended();
                    self.flow.start = Some(mark.start);
                    self.operators[index].pending = Pending::Write { mark, set, layout };
                }
            }
            Pending::Write { mark, set, layout } => self.write_template(mark, set, layout),
            Pending::Nothing => self.reconcile_once(index, decide),
        }
    }

    /// Writes template and replicas, unless the `StatefulSet` has changed since it was observed.
    fn write_template(
        &mut self,
        mark: Mark,
        precondition: Option<(u8, u16)>,
        layout: Option<StoreLayout>,
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
                set.layout = layout;
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
                    layout,
                });
            }
        }
    }

    /// Observes, decides, acts and writes status.
    fn reconcile_once(&mut self, index: usize, decide: Decide) {
        let decision = self.decide_with_answers(index, decide);
        self.act(index, &decision);
        self.write_status(index, &decision);
    }

    /// Returns the decision after all questions have been answered.
    fn decide_with_answers(&self, index: usize, decide: Decide) -> Decision {
        let mut observed = view::observe(index, &self.operators[index], self.tick);
        loop {
            match decide(&observed) {
                Next::Ask(question) => observed.note(self.answer(index, &question)),
                // A backup completes at once, and the next reconcile sees its result.
                Next::Do(decision) if decision.operation == Operation::BackUp => {
                    // The backup of operator 0 completes, and that of operator 1 times out.
                    observed.backups.last = match index {
                        0 => LastBackup::Settled(Ok(())),
                        _ => LastBackup::UnderWay(Timestamp::MIN),
                    };
                }
                Next::Do(decision) => return decision,
            }
        }
    }

    /// Answers a question of one operator.
    fn answer(&self, index: usize, question: &Question) -> Answer {
        match question {
            Question::Pods => Answer::Pods(self.pods.iter().map(view::pod).collect()),
            Question::Processes => {
                let seen = self.operators[index].pods.iter();
                Answer::Processes(seen.map(|pod| self.report(pod)).collect())
            }
            Question::Inspection(pod) => Answer::Inspection(self.read_inspection(pod)),
            Question::StoredSteps | Question::Backups | Question::Resumption => {
                panic!("the view of the model already has the answer: {question:?}")
            }
        }
    }

    /// Returns the report of the agent of a pod in the cache of an operator.
    fn report(&self, seen: &Pod) -> Option<ProcessReport> {
        let known = self.pods.iter().find(|known| known.uid == seen.uid)?;
        let ended = known.process == Process::Ended;
        // A starting process waits for the others until all start, unless rounds are mixed.
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
