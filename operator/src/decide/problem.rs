//! Finds the problem that a user must know of a gang that does not form or fails repeatedly.

use agent::report::FailureKind;
use dataflow::placement::SHARED_VOLUME;
use dataflow::status::Reason;
use dataflow::step_id;

use super::choose_revision;
use super::failure::newest_failure;
use super::summary::Summary;
use super::timeouts::{CRASH_LOOP_STARTS, REFERENCE_TIMEOUT, after};
use crate::observed::{Cause, Goal, Observed, Pod, ProcessState, Termination};

/// Returns the summary of the first problem, in this order; `None` if there is none.
///
/// | found in | reason |
/// |---|---|
/// | termination or init container with `DiskFull` | `DiskFull` |
/// | a pod: termination or init container with `StoreRefused` | `StoreRefused` |
/// | a pod: image cannot be pulled | `ImagePull` |
/// | a pod: container cannot be created | `WaitingForReference`, after 30 s `MissingReference` |
/// | a pod: an init container failed 3 times | `CrashLoop` |
/// | 3 failed starts (`CRASH_LOOP_STARTS`) | `CrashLoop` |
pub(super) fn find_problem(observed: &Observed, goal: &Goal, failed: i32) -> Option<Summary> {
    if let Some((pod, why)) = disk_full(&observed.pods, failed) {
        let message = format!(
            "pod {}: {why}; {}",
            pod.name,
            growth_hint(observed, goal, pod)
        );
        return Some(Summary::stalled(Reason::DiskFull, message));
    }
    for pod in &observed.pods {
        if let Some(why) = store_refused(pod) {
            let message = format!("pod {}: {why}", pod.name);
            return Some(Summary::stalled(Reason::StoreRefused, message));
        }
        match &pod.state {
            ProcessState::ImagePull { image, message } => {
                let message = choose_revision::image_pull_message(image, message);
                return Some(Summary::stalled(Reason::ImagePull, message));
            }
            ProcessState::Refused(message) => {
                let message = format!("pod {} cannot start: {message}", pod.name);
                let given_up = observed.now >= after(pod.created, REFERENCE_TIMEOUT);
                return Some(if given_up {
                    Summary::stalled(Reason::MissingReference, message)
                } else {
                    Summary::reconciling(Reason::WaitingForReference, message)
                });
            }
            ProcessState::Pending | ProcessState::Running(_) | ProcessState::Terminated => {}
        }
        if let Some(init) = pod
            .init_failure
            .as_ref()
            .filter(|init| init.failures >= CRASH_LOOP_STARTS)
        {
            let message = format!(
                "pod {}: container {} fails: {}",
                pod.name, init.container, init.message
            );
            return Some(Summary::stalled(Reason::CrashLoop, message));
        }
    }
    (failed >= CRASH_LOOP_STARTS).then(|| crash_loop(observed, goal))
}

/// Returns the fault that the agent found on the volume of a pod. The agent checks again at every restart, and finds
/// the same until a user repairs the volume.
fn store_refused(pod: &Pod) -> Option<&str> {
    let by_check = pod
        .init_failure
        .as_ref()
        .filter(|init| init.kind == Some(FailureKind::StoreRefused))
        .map(|init| init.message.as_str());
    let at_start = pod
        .termination
        .as_ref()
        .filter(|termination| {
            termination.cause == Cause::Agent(FailureKind::StoreRefused)
                && pod.running_since().is_none()
        })
        .map(|termination| termination.message.as_str());
    by_check.or(at_start)
}

/// Returns the pod whose recovery volume is full. Its process is restarted again and again, and starts by itself once
/// there is free space.
fn disk_full(pods: &[Pod], failed: i32) -> Option<(&Pod, &str)> {
    let checked = pods.iter().find_map(|pod| {
        let init = pod.init_failure.as_ref()?;
        (init.kind == Some(FailureKind::DiskFull)).then_some((pod, init.message.as_str()))
    });
    let ran = || {
        let (pod, termination) = newest_failure(pods)
            .filter(|(_, termination)| termination.cause == Cause::Agent(FailureKind::DiskFull))?;
        let again = failed >= CRASH_LOOP_STARTS || (failed > 0 && pod.running_since().is_none());
        again.then_some((pod, termination.message.as_str()))
    };
    checked.or_else(ran)
}

/// Returns the hint that names the field and the PVC to increase for the volume of a pod.
fn growth_hint(observed: &Observed, goal: &Goal, pod: &Pod) -> String {
    let ordinal = pod
        .name
        .rsplit_once('-')
        .and_then(|(_, ordinal)| ordinal.parse().ok());
    let volume = match goal.store {
        Some(desired) if desired.single_volume => Some(SHARED_VOLUME),
        Some(_) | None => ordinal,
    };
    let claim = volume.and_then(|volume| observed.store.claims.get(&volume));
    let claim = claim.map_or_else(
        || "its PVC".to_owned(),
        |claim| format!("PVC {}", claim.name),
    );
    format!("increase spec.recovery.persistence.size, or expand {claim}; no state is lost")
}

/// Returns the summary of a crash loop: the newest failure, and the revision to roll back to.
fn crash_loop(observed: &Observed, goal: &Goal) -> Summary {
    let cause = newest_failure(&observed.pods).map_or_else(
        || "the processes fail repeatedly".to_owned(),
        |(pod, termination)| failure_message(pod, termination),
    );
    let rollback = match &observed.previous_revision {
        Some(previous) => format!("; the revision before {} was {previous}", goal.revision),
        None => String::new(),
    };
    Summary::stalled(Reason::CrashLoop, format!("{cause}{rollback}"))
}

/// Returns the message of a failure: pod, step, place and exception.
fn failure_message(pod: &Pod, termination: &Termination) -> String {
    let step = termination.step.as_ref().map_or_else(String::new, |step| {
        format!(" in step {}", step_id::shown(step))
    });
    let place = match (&termination.file, termination.line) {
        (Some(file), Some(line)) => format!(" ({file}, line {line})"),
        (Some(file), None) => format!(" ({file})"),
        (None, _) => String::new(),
    };
    format!("{} failed{step}{place}: {}", pod.name, termination.message)
}
