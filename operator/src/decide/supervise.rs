//! A gang that is as it should be: has it formed, has it ended, or has it broken?

use dataflow::status::{Completed, Formed, Reason};

use super::deed::{Decision, Deed};
use super::failure;
use super::patience::{FORM_PATIENCE, OVERDUE_PATIENCE, SETTLE_TIME, after};
use super::problem::trouble;
use super::question::Question;
use super::standing::Standing;
use super::step::Step;
use super::{backups, start, store};
use crate::observed::{Gang, Goal, Ledger, Observed, Pod, Resumption};

/// The longest pause between two questions to the agents, in seconds.
const ASK_AT_LEAST_EVERY: i64 = 10;
/// The pause after agents have not all said where their engines went on, in seconds.
const RESUMPTION_PATIENCE: i64 = 30;

pub(super) fn decide(o: &Observed, goal: &Goal, gang: &Gang) -> Decision {
    if let Some(intruder) = o.pods.iter().find(|pod| pod.stamp != gang.stamp) {
        let message = format!(
            "stops: pod {} is of another revision, size or start",
            intruder.name
        );
        return stop(gang, message).into();
    }
    if let Some(standing) = start::unreachable(o, &o.pods) {
        return Deed::rest(standing).again(o, 30).into();
    }
    if gang.gated {
        // Pods lost since then are not needed to know it.
        return complete(goal).into();
    }
    let whole = o.pods.len() == usize::try_from(goal.size).unwrap_or(0)
        && o.pods.iter().all(|pod| pod.deleting.is_none());
    let failed = failure::failed_starts(o, gang);
    if whole && o.pods.iter().all(|pod| pod.ready) {
        return together(o, goal, gang, failed);
    }
    if whole && o.pods.iter().all(|pod| pod.running_since().is_some()) {
        match ended(o, gang) {
            None => return Decision::Ask(Question::Processes),
            Some(true) => {
                return Deed::act(Step::Gate(gang.version.clone()), starting(o, goal)).into();
            }
            Some(false) => {}
        }
    }
    apart(o, goal, gang, failed).into()
}

fn stop(gang: &Gang, why: impl Into<String>) -> Deed {
    let standing = Standing::progressing(Reason::Stopping, why);
    Deed::act(Step::Stop(gang.version.clone()), standing)
}

/// All input has ended, and no pod can start any more that would read it again.
fn complete(goal: &Goal) -> Deed {
    let done = Completed {
        revision: goal.revision.clone(),
        restarted_at: goal.restarted_at.clone(),
    };
    let message = format!("revision {} reached the end of its input", goal.revision);
    Deed::act(
        Step::Complete(done),
        Standing::settled(Reason::Completed, message),
    )
}

/// All pods say that they are connected.
fn together(o: &Observed, goal: &Goal, gang: &Gang, failed: i32) -> Decision {
    let plural = if goal.size == 1 {
        "process runs"
    } else {
        "processes run"
    };
    let running = Standing::settled(
        Reason::Running,
        format!("{} {plural} revision {}", goal.size, goal.revision),
    );
    let stable = o
        .pods
        .iter()
        .filter_map(Pod::running_since)
        .max()
        .map(|since| after(since, SETTLE_TIME));
    let unstable = stable.filter(|stable| failed > 0 && o.now < *stable);
    if let Some(stable) = unstable {
        // A flow that comes up only to fail on its first items must not look healthy each time.
        let standing = match failed {
            1 => running,
            _ => trouble(o, goal, failed).unwrap_or_else(|| starting(o, goal)),
        };
        let mut deed = Deed::rest(standing);
        deed.sooner(Some(stable));
        return deed.into();
    }
    let start = gang.stamp.as_ref().map_or(0, |stamp| stamp.start);
    let restarts = o.pods.iter().map(|pod| pod.restarts).max().unwrap_or(0);
    let look = backups::next_look(o, goal);
    let restarts = i64::from(restarts);
    let formed = Formed { start, restarts };
    let unknown = goal.store.is_some() && has_resumed(o, &formed);
    if unknown && o.answers.resumption == Resumption::NotAsked {
        return Decision::Ask(Question::Resumption);
    }
    let step = match unneeded(o, goal) {
        Some(step) => step,
        None if look.is_some_and(|look| o.now >= look) => return Decision::Ask(Question::Backups),
        None => store::leftover(o).unwrap_or(Step::Rest),
    };
    let mut deed = Deed::act(step, running);
    deed.sooner(look);
    if unknown && o.answers.resumption == Resumption::Unknown {
        deed.sooner(Some(after(o.now, RESUMPTION_PATIENCE)));
    }
    deed.formed = Some(formed);
    deed.into()
}

/// Removes what a gang that runs does not need any more, one thing at a time.
fn unneeded(o: &Observed, goal: &Goal) -> Option<Step> {
    // The probe of another revision than this one has work to do yet.
    let done = o
        .probes
        .iter()
        .find(|probe| probe.revision == goal.revision && !probe.deleting);
    match (done, o.surplus.first()) {
        (Some(probe), _) => Some(Step::DeleteProbe(probe.name.clone(), probe.version.clone())),
        (None, surplus) => surplus.cloned().map(Step::Drop),
    }
}

/// Whether engines have gone on somewhere since status last said where.
fn has_resumed(o: &Observed, formed: &Formed) -> bool {
    let Ledger {
        formed: known,
        resumed,
        away,
        ..
    } = &o.ledger;
    *away || known.as_ref() != Some(formed) || *resumed != Some(formed.start)
}

/// Some pods are missing, not through with their start, or not connected.
fn apart(o: &Observed, goal: &Goal, gang: &Gang, failed: i32) -> Deed {
    if let Some(standing) = trouble(o, goal, failed) {
        // Time alone may turn it: patience ends, or a retry reaches the end of the input.
        return Deed::rest(standing).again(o, ASK_AT_LEAST_EVERY);
    }
    if failure::stranded(o, gang, failed) {
        let message = "stops all: the processes run and do not find each other";
        return stop(gang, message);
    }
    waiting(o, goal)
}

fn waiting(o: &Observed, goal: &Goal) -> Deed {
    let all_run = !o.pods.is_empty() && o.pods.iter().all(|pod| pod.running_since().is_some());
    if !all_run {
        return Deed::rest(starting(o, goal));
    }
    let since = failure::unready_since(o);
    let deadline = after(since, FORM_PATIENCE);
    let overdue = overdue(o).filter(|_| o.now >= after(since, OVERDUE_PATIENCE));
    let late = overdue.or_else(|| (o.now >= deadline).then(|| not_formed(o)));
    let standing = match late {
        Some(why) => Standing::stalled(Reason::NotFormed, why),
        None => starting(o, goal),
    };
    // The end of input makes no event of its own, so the agents are asked: often at first, then less.
    let age = o.now.duration_since(since).as_secs();
    let mut deed = Deed::rest(standing).again(o, (age / 4).clamp(1, ASK_AT_LEAST_EVERY));
    if o.now < deadline {
        deed.sooner(Some(deadline));
    }
    deed
}

fn starting(o: &Observed, goal: &Goal) -> Standing {
    let message = match o
        .pods
        .iter()
        .find_map(|pod| pod.unschedulable.as_ref().map(|why| (pod, why)))
    {
        Some((pod, why)) => format!("pod {} finds no node: {why}", pod.name),
        None => start::starting(goal),
    };
    Standing::progressing(Reason::Starting, message)
}

/// Who is missing or differs, by the first process that has waited too long; process 0 knows best.
fn overdue(o: &Observed) -> Option<String> {
    let answers = o.answers.processes.iter().flatten().flatten();
    let late = answers.filter_map(|live| {
        let waits = live.waits.as_ref().filter(|waits| waits.overdue)?;
        Some((live.process, &waits.reason))
    });
    let (process, reason) = late.min()?;
    Some(format!("process {process}: {reason}"))
}

fn not_formed(o: &Observed) -> String {
    let apart: Vec<&str> = o
        .pods
        .iter()
        .filter(|pod| !pod.ready)
        .map(|pod| pod.name.as_str())
        .collect();
    format!(
        "not connected after {FORM_PATIENCE} s: {}",
        apart.join(", ")
    )
}

/// Whether every process of this start has reached the end of its input; `None` if nobody asked.
fn ended(o: &Observed, gang: &Gang) -> Option<bool> {
    let answers = o.answers.processes.as_ref()?;
    let start = gang.stamp.as_ref().map(|stamp| stamp.start);
    Some(
        !answers.is_empty()
            && answers.iter().all(|answer| {
                answer
                    .as_ref()
                    .is_some_and(|live| live.ended && Some(live.start) == start)
            }),
    )
}
