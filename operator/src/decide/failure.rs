//! Interprets terminations: which process caused a breakdown, how many starts failed, and whether the engines that run
//! can still connect to each other.

use agent::report::FailureKind;
use jiff::{SignedDuration, Timestamp};

use super::timeouts::{FORM_TIMEOUT, after};
use crate::observed::{Cause, Gang, Observed, Pod, ProcessReport, Termination};

/// Terminations within this time have one cause: the peers of a lost process terminate within a second.
const ONE_CAUSE: SignedDuration = SignedDuration::from_secs(10);
/// The longest time between the error of one process and the lost peer of another that the error still explains. Two
/// starts that fail for the same reason are at most the kubelet's longest back-off (5 min) plus their own run time
/// apart.
const ONE_STREAK: SignedDuration = SignedDuration::from_mins(10);

/// Returns the pod that caused the newest breakdown, with its termination.
///
/// Race: the kubelet reports pods one by one. All known terminations of the newest breakdown may be lost peers. Then the
/// last own error of another process is returned, because it explains more.
#[must_use]
pub(crate) fn newest_failure(pods: &[Pod]) -> Option<(&Pod, &Termination)> {
    let terminations = || {
        pods.iter()
            .filter(|pod| pod.deleting.is_none())
            .filter_map(|pod| {
                pod.termination
                    .as_ref()
                    .map(|termination| (pod, termination))
            })
    };
    let newest = terminations()
        .map(|(_, termination)| termination.at)
        .max()?;
    let within = |span: SignedDuration| {
        terminations().filter(move |(_, termination)| {
            termination.exit_code != 0 && newest.duration_since(termination.at) <= span
        })
    };
    let cause = within(ONE_CAUSE)
        .min_by_key(|(pod, termination)| (rank(termination), termination.at, pod.name.clone()))?;
    if !cause.1.peer_lost() {
        return Some(cause);
    }
    let earlier = within(ONE_STREAK).filter(|(_, termination)| !termination.peer_lost());
    Some(
        earlier
            .max_by_key(|(_, termination)| termination.at)
            .unwrap_or(cause),
    )
}

/// Returns how well a termination explains a breakdown; lower is better. An error of the user's code explains more
/// than a killed process, and that more than a lost peer.
fn rank(termination: &Termination) -> u8 {
    match &termination.cause {
        Cause::Agent(kind) => match kind {
            FailureKind::UserError
            | FailureKind::ImportError
            | FailureKind::NotADataflow
            | FailureKind::UsageError
            | FailureKind::NoPython => 0,
            FailureKind::DiskFull => 1,
            FailureKind::EngineError | FailureKind::StoreRefused | FailureKind::StoreBusy => 2,
            FailureKind::PeerLost => 3,
        },
        Cause::Kubelet(word) if word == "OOMKilled" => 1,
        Cause::Kubelet(_) => 2,
    }
}

/// Returns the number of consecutive failed starts since the gang last formed.
#[must_use]
pub(super) fn failed_starts(observed: &Observed, gang: &Gang) -> i32 {
    let started = observed
        .pods
        .iter()
        .map(|pod| pod.restarts)
        .max()
        .unwrap_or(0);
    let failed = observed
        .pods
        .iter()
        .map(|pod| {
            pod.restarts + i32::from(pod.running_since().is_none() && pod.termination.is_some())
        })
        .max()
        .unwrap_or(0);
    let base = match (&observed.last_status.formed, &gang.stamp) {
        (Some(formed), Some(stamp)) if formed.start == stamp.start => {
            i32::try_from(formed.restarts).unwrap_or(i32::MAX)
        }
        _ => 0,
    };
    // A recreated pod counts its restarts from 0 again, so the count at forming cannot be subtracted.
    if started < base {
        failed
    } else {
        failed - base
    }
}

/// Whether the running engines will never connect to each other, so that only a new start helps.
///
/// A restarted process brings its peers into its round: they wait for each other, and their agents report that. Rounds
/// are mixed if the gang has formed before, all engines run, no process waits, and yet not all are connected for 120 s
/// (`FORM_TIMEOUT`).
///
/// A gang in which a process has failed since it formed is not restarted. Its engines may fail again while they load, and
/// a new start would reset the count of failed starts.
pub(super) fn stranded(observed: &Observed, gang: &Gang, failed: i32) -> bool {
    let Some(stamp) = gang.stamp.as_ref().filter(|stamp| stamp.processes > 1) else {
        return false;
    };
    let formed = observed.last_status.formed.as_ref();
    let worked = formed.is_some_and(|formed| formed.start == stamp.start);
    let engine_runs = |answer: &Option<ProcessReport>| {
        let report = answer.as_ref();
        report.is_some_and(|report| {
            report.start == stamp.start && report.running && report.waits.is_none()
        })
    };
    let connected =
        |answer: &Option<ProcessReport>| answer.as_ref().is_some_and(|report| report.formed);
    let lost =
        observed.answers.processes.as_ref().is_some_and(|answers| {
            answers.iter().all(engine_runs) && !answers.iter().all(connected)
        });
    worked && failed == 0 && lost && observed.now >= after(unready_since(observed), FORM_TIMEOUT)
}

/// Returns the time of the last change among the pods that are not ready.
pub(super) fn unready_since(observed: &Observed) -> Timestamp {
    observed
        .pods
        .iter()
        .filter(|pod| !pod.ready)
        .flat_map(|pod| pod.running_since().into_iter().chain([pod.ready_changed]))
        .max()
        .unwrap_or(observed.now)
}
