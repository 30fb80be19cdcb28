//! Supervises a gang that matches the desired state: whether it has formed, ended, or failed.
//!
//! | pods | agents | operation |
//! |---|---|---|
//! | one has another stamp (revision, processes, start, restart request) | | stop the gang |
//! | one is past its grace period | | none; `PodUnreachable` |
//! | template has the scheduling gate | | record the end of input |
//! | all ready | resume epoch and backups are asked for when due | delete an object that is not needed, else none |
//! | all run | all ended in this start | add the scheduling gate |
//! | one has a problem (see `problem`) | | none; the problem is reported |
//! | all run for 120 s, no failure since they formed | engines run, none waits, some are unconnected | stop the gang |
//! | all run for 60 s | one has waited too long | none; `NotFormed` |
//! | all run for 120 s | | none; `NotFormed` |
//! | otherwise | | none; `Starting` |
//!
//! Begin at [`decide`]. A question comes before the row that needs its answer.

use dataflow::status::{Completed, Formed, Reason};

use super::decision::{Decision, Next};
use super::failure;
use super::operation::Operation;
use super::problem::find_problem;
use super::question::Question;
use super::summary::Summary;
use super::timeouts::{FORM_TIMEOUT, OVERDUE_TIMEOUT, SETTLE_TIME, after};
use super::{backups, recovery, start};
use crate::observed::{Gang, Goal, LastStatus, Observed, Pod, Resumption};

/// The longest pause between two questions to the agents, in seconds.
const ASK_AT_LEAST_EVERY: i64 = 10;
/// The pause after some agents did not report the epoch at which their engines resumed, in seconds.
const RESUMPTION_RETRY_PAUSE: i64 = 30;

/// Returns the next operation for a gang that matches the desired state.
pub(super) fn decide(observed: &Observed, goal: &Goal, gang: &Gang) -> Next {
    if let Some(foreign) = observed.pods.iter().find(|pod| pod.stamp != gang.stamp) {
        let message = format!(
            "stopping: pod {} belongs to another revision, size or start",
            foreign.name
        );
        return stop(gang, message).into();
    }
    if let Some(summary) = start::unreachable(observed, &observed.pods) {
        return Decision::idle(summary).requeue_after(observed, 30).into();
    }
    if gang.gated {
        // All engines had ended before the gate was added. Pods lost since then do not matter.
        return complete(goal).into();
    }
    let whole = observed.pods.len() == usize::try_from(goal.processes).unwrap_or(0)
        && observed.pods.iter().all(|pod| pod.deleting.is_none());
    let failed = failure::failed_starts(observed, gang);
    if whole && observed.pods.iter().all(|pod| pod.ready) {
        return formed(observed, goal, gang, failed);
    }
    if whole
        && observed
            .pods
            .iter()
            .all(|pod| pod.running_since().is_some())
    {
        match ended(observed, gang) {
            None => return Next::Ask(Question::Processes),
            Some(true) => {
                return Decision::act(
                    Operation::Gate(gang.version.clone()),
                    starting(observed, goal),
                )
                .into();
            }
            Some(false) => {}
        }
    }
    not_formed(observed, goal, gang, failed).into()
}

/// Returns the decision to stop the gang.
fn stop(gang: &Gang, why: impl Into<String>) -> Decision {
    let summary = Summary::reconciling(Reason::Stopping, why);
    Decision::act(Operation::Stop(gang.version.clone()), summary)
}

/// Records the end of input. No pod can start any more that would read the input again.
fn complete(goal: &Goal) -> Decision {
    let done = Completed {
        revision: goal.revision.clone(),
        restarted_at: goal.restarted_at.clone(),
    };
    let message = format!("revision {} reached the end of its input", goal.revision);
    Decision::act(
        Operation::Complete(done),
        Summary::ready(Reason::Completed, message),
    )
}

/// Decides about a gang whose processes are all connected.
fn formed(observed: &Observed, goal: &Goal, gang: &Gang, failed: i32) -> Next {
    let plural = if goal.processes == 1 {
        "process runs"
    } else {
        "processes run"
    };
    let running = Summary::ready(
        Reason::Running,
        format!("{} {plural} revision {}", goal.processes, goal.revision),
    );
    let stable = observed
        .pods
        .iter()
        .filter_map(Pod::running_since)
        .max()
        .map(|since| after(since, SETTLE_TIME));
    let unstable = stable.filter(|stable| failed > 0 && observed.now < *stable);
    if let Some(stable) = unstable {
        // A flow that fails on its first items must not be reported as Ready from its second failure on.
        let summary = match failed {
            1 => running,
            _ => find_problem(observed, goal, failed).unwrap_or_else(|| starting(observed, goal)),
        };
        let mut decision = Decision::idle(summary);
        decision.requeue_no_later_than(Some(stable));
        return decision.into();
    }
    let start = gang.stamp.as_ref().map_or(0, |stamp| stamp.start);
    let restarts = observed
        .pods
        .iter()
        .map(|pod| pod.restarts)
        .max()
        .unwrap_or(0);
    let next_poll = backups::next_poll(observed, goal);
    let restarts = i64::from(restarts);
    let formed = Formed { start, restarts };
    let unknown = goal.store.is_some() && has_resumed(observed, &formed);
    if unknown && observed.answers.resumption == Resumption::NotAsked {
        return Next::Ask(Question::Resumption);
    }
    let operation = match unneeded(observed, goal) {
        Some(operation) => operation,
        None if next_poll.is_some_and(|at| observed.now >= at) => {
            return Next::Ask(Question::Backups);
        }
        None => recovery::leftover(observed).unwrap_or(Operation::None),
    };
    let mut decision = Decision::act(operation, running);
    decision.requeue_no_later_than(next_poll);
    if unknown && observed.answers.resumption == Resumption::Unknown {
        decision.requeue_no_later_than(Some(after(observed.now, RESUMPTION_RETRY_PAUSE)));
    }
    decision.formed = Some(formed);
    decision.into()
}

/// Returns the deletion of one object that a formed gang does not need: its probe pod, then obsolete objects.
fn unneeded(observed: &Observed, goal: &Goal) -> Option<Operation> {
    // A probe pod of another revision is still needed.
    let done = observed
        .probes
        .iter()
        .find(|probe| probe.revision == goal.revision && !probe.deleting);
    match (done, observed.obsolete.first()) {
        (Some(probe), _) => Some(Operation::DeleteProbe(
            probe.name.clone(),
            probe.version.clone(),
        )),
        (None, obsolete) => obsolete.cloned().map(Operation::DeleteObsolete),
    }
}

/// Whether the engines have resumed since status last reported their resume epoch.
fn has_resumed(observed: &Observed, formed: &Formed) -> bool {
    let LastStatus {
        formed: known,
        resumed,
        away,
        ..
    } = &observed.last_status;
    *away || known.as_ref() != Some(formed) || *resumed != Some(formed.start)
}

/// Decides about a gang in which a pod is missing, starting, or not connected.
fn not_formed(observed: &Observed, goal: &Goal, gang: &Gang, failed: i32) -> Decision {
    if let Some(summary) = find_problem(observed, goal, failed) {
        // The summary may change without an event: a timeout ends, or a retry reaches the end of the input.
        return Decision::idle(summary).requeue_after(observed, ASK_AT_LEAST_EVERY);
    }
    if failure::stranded(observed, gang, failed) {
        let message = format!(
            "restarting the gang: all engines run, but they have not connected to each other for \
             {FORM_TIMEOUT} s"
        );
        return stop(gang, message);
    }
    forming(observed, goal)
}

/// Waits for the gang to form, and reports `NotFormed` after a timeout.
fn forming(observed: &Observed, goal: &Goal) -> Decision {
    let all_run = !observed.pods.is_empty()
        && observed
            .pods
            .iter()
            .all(|pod| pod.running_since().is_some());
    if !all_run {
        return Decision::idle(starting(observed, goal));
    }
    let since = failure::unready_since(observed);
    let deadline = after(since, FORM_TIMEOUT);
    let overdue = overdue(observed).filter(|_| observed.now >= after(since, OVERDUE_TIMEOUT));
    let late = overdue.or_else(|| (observed.now >= deadline).then(|| not_formed_message(observed)));
    let summary = match late {
        Some(why) => Summary::stalled(Reason::NotFormed, why),
        None => starting(observed, goal),
    };
    // The end of input causes no event in Kubernetes, so the agents are asked: often at first, then every 10 s.
    let age = observed.now.duration_since(since).as_secs();
    let mut decision =
        Decision::idle(summary).requeue_after(observed, (age / 4).clamp(1, ASK_AT_LEAST_EVERY));
    if observed.now < deadline {
        decision.requeue_no_later_than(Some(deadline));
    }
    decision
}

/// Returns the summary of a gang that is starting.
fn starting(observed: &Observed, goal: &Goal) -> Summary {
    let message = match observed
        .pods
        .iter()
        .find_map(|pod| pod.unschedulable.as_ref().map(|why| (pod, why)))
    {
        Some((pod, why)) => format!("pod {} cannot be scheduled: {why}", pod.name),
        None => start::starting(goal),
    };
    Summary::reconciling(Reason::Starting, message)
}

/// Returns why the gang has not formed, as reported by the lowest-numbered overdue process. Process 0 hosts the
/// rendezvous, so its report is the most complete.
fn overdue(observed: &Observed) -> Option<String> {
    let answers = observed.answers.processes.iter().flatten().flatten();
    let late = answers.filter_map(|report| {
        let waits = report.waits.as_ref().filter(|waits| waits.overdue)?;
        Some((report.process, &waits.reason))
    });
    let (process, reason) = late.min()?;
    Some(format!("process {process}: {reason}"))
}

/// Returns the message that names the pods whose engines are not connected.
fn not_formed_message(observed: &Observed) -> String {
    let unready: Vec<&str> = observed
        .pods
        .iter()
        .filter(|pod| !pod.ready)
        .map(|pod| pod.name.as_str())
        .collect();
    format!(
        "not connected after {FORM_TIMEOUT} s: {}",
        unready.join(", ")
    )
}

/// Whether every process of this start has reached the end of its input; `None` if the agents were not asked.
fn ended(observed: &Observed, gang: &Gang) -> Option<bool> {
    let answers = observed.answers.processes.as_ref()?;
    let start = gang.stamp.as_ref().map(|stamp| stamp.start);
    Some(
        !answers.is_empty()
            && answers.iter().all(|answer| {
                answer
                    .as_ref()
                    .is_some_and(|report| report.ended && Some(report.start) == start)
            }),
    )
}
