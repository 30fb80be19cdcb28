//! A gang that is as it should be: has it formed, has it ended, or has it broken?

use agent::report::FailureKind;
use dataflow::placement::SHARED_VOLUME;
use dataflow::status::Reason;
use jiff::Timestamp;

use super::failure::{self, newest_failure};
use super::step::after;
use super::{
    CRASH_LOOP_STARTS, Decision, FORM_PATIENCE, OVERDUE_PATIENCE, REFERENCE_PATIENCE, SETTLE_TIME,
    Standing, Step, backups, change, start, store,
};
use crate::observed::{Completion, Doing, Formed, Gang, Goal, Ledger, Observed, Pod, Resumption};

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
        return Decision::act(
            Step::Stop(gang.version.clone()),
            Standing::progressing(Reason::Stopping, message),
        );
    }
    if let Some(standing) = start::unreachable(o, &o.pods) {
        return Decision::rest(standing).again(o, 30);
    }
    if gang.gated {
        // Pods lost since then are not needed to know it.
        return complete(goal);
    }
    let whole = o.pods.len() == usize::try_from(goal.size).unwrap_or(0)
        && o.pods.iter().all(|pod| pod.deleting.is_none());
    let failed = failure::failed_starts(o, gang);
    if whole && o.pods.iter().all(|pod| pod.ready) {
        return together(o, goal, gang, failed);
    }
    if whole && o.pods.iter().all(|pod| pod.running_since().is_some()) {
        match ended(o, gang) {
            None => return Decision::act(Step::AskAgents, starting(o, goal)),
            Some(true) => {
                return Decision::act(Step::Gate(gang.version.clone()), starting(o, goal));
            }
            Some(false) => {}
        }
    }
    apart(o, goal, gang, failed)
}

/// All input has ended, and no pod can start any more that would read it again.
fn complete(goal: &Goal) -> Decision {
    let done = Completion {
        revision: goal.revision.clone(),
        restarted_at: goal.restarted_at.clone(),
    };
    let message = format!("revision {} reached the end of its input", goal.revision);
    Decision::act(
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
        let mut decision = Decision::rest(standing);
        decision.sooner(Some(stable));
        return decision;
    }
    let start = gang.stamp.as_ref().map_or(0, |stamp| stamp.start);
    let restarts = o.pods.iter().map(|pod| pod.restarts).max().unwrap_or(0);
    let look = backups::next_look(o, goal);
    let formed = Formed { start, restarts };
    let unknown = goal.store.is_some() && has_resumed(o, &formed);
    let mut decision = Decision::act(to_do(o, goal, unknown, look), running);
    decision.sooner(look);
    if unknown && o.resumption == Resumption::Unknown {
        decision.sooner(Some(after(o.now, RESUMPTION_PATIENCE)));
    }
    decision.formed = Some(formed);
    decision
}

/// What there is to do beside a gang that runs, one thing at a time.
fn to_do(o: &Observed, goal: &Goal, unknown: bool, look: Option<Timestamp>) -> Step {
    // The probe of another revision than this one has work to do yet.
    let done = o
        .probes
        .iter()
        .find(|probe| probe.revision == goal.revision && !probe.deleting);
    match (done, o.surplus.first()) {
        _ if unknown && o.resumption == Resumption::NotAsked => Step::AskResumption,
        (Some(probe), _) => Step::DeleteProbe(probe.name.clone(), probe.version.clone()),
        (None, Some(surplus)) => Step::Drop(surplus.clone()),
        (None, None) if look.is_some_and(|look| o.now >= look) => Step::AskBackups,
        (None, None) => store::leftover(o).unwrap_or(Step::Rest),
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
fn apart(o: &Observed, goal: &Goal, gang: &Gang, failed: i32) -> Decision {
    if let Some(standing) = trouble(o, goal, failed) {
        // Time alone may turn it: patience ends, or a retry reaches the end of the input.
        return Decision::rest(standing).again(o, ASK_AT_LEAST_EVERY);
    }
    if failure::stranded(o, gang, failed) {
        let message = "stops all: the processes run and do not find each other";
        return Decision::act(
            Step::Stop(gang.version.clone()),
            Standing::progressing(Reason::Stopping, message),
        );
    }
    waiting(o, goal)
}

/// Something that a person has to know now.
fn trouble(o: &Observed, goal: &Goal, failed: i32) -> Option<Standing> {
    if let Some((pod, why)) = disk_full(&o.pods, failed) {
        let sentence = format!("pod {}: {why}; {}", pod.name, more_room(o, goal, pod));
        return Some(Standing::stalled(Reason::DiskFull, sentence));
    }
    for pod in &o.pods {
        if let Some(why) = store_refused(pod) {
            let sentence = format!("pod {}: {why}", pod.name);
            return Some(Standing::stalled(Reason::StoreRefused, sentence));
        }
        match &pod.doing {
            Doing::ImagePull { image, message } => {
                let sentence = change::image_pull(image, message);
                return Some(Standing::stalled(Reason::ImagePull, sentence));
            }
            Doing::Refused(message) => {
                let sentence = format!("pod {} cannot start: {message}", pod.name);
                let given_up = o.now >= after(pod.created, REFERENCE_PATIENCE);
                return Some(if given_up {
                    Standing::stalled(Reason::MissingReference, sentence)
                } else {
                    Standing::progressing(Reason::WaitingForReference, sentence)
                });
            }
            Doing::Pending | Doing::Running(_) | Doing::Ended => {}
        }
        if let Some(init) = pod
            .init_failure
            .as_ref()
            .filter(|init| init.failures >= CRASH_LOOP_STARTS)
        {
            let sentence = format!(
                "pod {}: container {} fails: {}",
                pod.name, init.container, init.message
            );
            return Some(Standing::stalled(Reason::CrashLoop, sentence));
        }
    }
    (failed >= CRASH_LOOP_STARTS).then(|| crash_loop(o, goal))
}

/// What the agent found wrong with the volume; it looks again, and will find the same until somebody
/// mends it.
fn store_refused(pod: &Pod) -> Option<&str> {
    let by_check = pod
        .init_failure
        .as_ref()
        .filter(|init| init.reason.as_deref() == Some(FailureKind::StoreRefused.as_str()))
        .map(|init| init.message.as_str());
    let at_start = pod
        .death
        .as_ref()
        .filter(|death| {
            death.reason == FailureKind::StoreRefused.as_str() && pod.running_since().is_none()
        })
        .map(|death| death.message.as_str());
    by_check.or(at_start)
}

/// The pod whose recovery volume has no room left. Its process tries again and again, and comes up by
/// itself once there is some.
fn disk_full(pods: &[Pod], failed: i32) -> Option<(&Pod, &str)> {
    let full = FailureKind::DiskFull.as_str();
    let checked = pods.iter().find_map(|pod| {
        let init = pod.init_failure.as_ref()?;
        (init.reason.as_deref() == Some(full)).then_some((pod, init.message.as_str()))
    });
    let ran = || {
        let (pod, death) = newest_failure(pods).filter(|(_, death)| death.reason == full)?;
        let again = failed >= CRASH_LOOP_STARTS || (failed > 0 && pod.running_since().is_none());
        again.then_some((pod, death.message.as_str()))
    };
    checked.or_else(ran)
}

/// Which field gives the volume of a pod more room.
fn more_room(o: &Observed, goal: &Goal, pod: &Pod) -> String {
    let ordinal = pod
        .name
        .rsplit_once('-')
        .and_then(|(_, ordinal)| ordinal.parse().ok());
    let volume = match goal.store {
        Some(wish) if wish.single_volume => Some(SHARED_VOLUME),
        Some(_) | None => ordinal,
    };
    let claim = volume.and_then(|volume| o.store.claims.get(&volume));
    let claim = claim.map_or_else(
        || "its claim".to_owned(),
        |it| format!("the claim {}", it.name),
    );
    format!("raise spec.recovery.persistence.size, or grow {claim}; nothing is lost meanwhile")
}

fn crash_loop(o: &Observed, goal: &Goal) -> Standing {
    let cause = newest_failure(&o.pods).map_or_else(
        || "its processes fail again and again".to_owned(),
        |(pod, death)| sentence(pod, death),
    );
    let way_back = match &o.previous_revision {
        Some(previous) => format!("; the revision before {} was {previous}", goal.revision),
        None => String::new(),
    };
    Standing::stalled(Reason::CrashLoop, format!("{cause}{way_back}"))
}

fn sentence(pod: &Pod, death: &crate::observed::Death) -> String {
    let step = death
        .step
        .as_ref()
        .map_or_else(String::new, |step| format!(" in step {step}"));
    let place = match (&death.file, death.line) {
        (Some(file), Some(line)) => format!(" ({file}, line {line})"),
        (Some(file), None) => format!(" ({file})"),
        (None, _) => String::new(),
    };
    format!("{} failed{step}{place}: {}", pod.name, death.message)
}

fn waiting(o: &Observed, goal: &Goal) -> Decision {
    let all_run = !o.pods.is_empty() && o.pods.iter().all(|pod| pod.running_since().is_some());
    if !all_run {
        return Decision::rest(starting(o, goal));
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
    let mut decision = Decision::rest(standing).again(o, (age / 4).clamp(1, ASK_AT_LEAST_EVERY));
    if o.now < deadline {
        decision.sooner(Some(deadline));
    }
    decision
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
    let answers = o.live.iter().flatten().flatten();
    let late = answers.filter_map(|live| {
        let waits = live.waits.as_ref().filter(|waits| waits.overdue)?;
        Some((live.process, &waits.reason))
    });
    let (process, reason) = late.min()?;
    Some(format!("process {process} {reason}"))
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
    let answers = o.live.as_ref()?;
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
