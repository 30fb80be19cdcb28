//! What a death means: whose fault it was, whether the rest recovers by itself, and when to give up.

use agent::report::FailureKind;
use jiff::{SignedDuration, Timestamp};

use super::timeouts::{FORM_TIMEOUT, after};
use crate::observed::{Cause, Gang, Observed, Pod, ProcessReport, Termination};

/// Deaths this close together have one cause: peers of a lost process end within a second.
const ONE_CAUSE: SignedDuration = SignedDuration::from_secs(10);
/// How far back a peer's own error may lie to explain a lost peer: two starts that fail for the same
/// reason are at most the kubelet's longest back-off of five minutes, and their own time, apart.
const ONE_STREAK: SignedDuration = SignedDuration::from_mins(10);

/// The pod whose fault the newest breakdown was, with its end.
///
/// Pods are reported one by one. While all that is known of the newest breakdown is that processes
/// lost a peer, the last error of its own that another process had explains more.
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

/// A user's own error explains more than a killed process, and that more than a lost peer.
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

/// Failed starts in a row since the gang last formed.
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
    // A pod that was made anew counts from nought, so that the old count says nothing.
    if started < base {
        failed
    } else {
        failed - base
    }
}

/// Whether engines run that will never find each other, so that only a new start helps.
///
/// A process that comes anew brings its peers into its round by itself: they wait for each other
/// then, and say so. In a gang that has worked, and in which all engines run, nobody waits and yet
/// not all are connected, rounds are mixed. One in which a process has failed since is not taken for
/// that: its engines may fail again while they load, and a new start would begin to count anew.
pub(super) fn stranded(observed: &Observed, gang: &Gang, failed: i32) -> bool {
    let Some(stamp) = gang.stamp.as_ref().filter(|stamp| stamp.size > 1) else {
        return false;
    };
    let formed = observed.last_status.formed.as_ref();
    let worked = formed.is_some_and(|formed| formed.start == stamp.start);
    let engine_runs = |answer: &Option<ProcessReport>| {
        let report = answer.as_ref();
        report.is_some_and(|it| it.start == stamp.start && it.running && it.waits.is_none())
    };
    let connected =
        |answer: &Option<ProcessReport>| answer.as_ref().is_some_and(|report| report.formed);
    let lost =
        observed.answers.processes.as_ref().is_some_and(|answers| {
            answers.iter().all(engine_runs) && !answers.iter().all(connected)
        });
    worked && failed == 0 && lost && observed.now >= after(unready_since(observed), FORM_TIMEOUT)
}

/// Since when all that is unready has been as it is.
pub(super) fn unready_since(observed: &Observed) -> Timestamp {
    observed
        .pods
        .iter()
        .filter(|pod| !pod.ready)
        .flat_map(|pod| pod.running_since().into_iter().chain([pod.ready_changed]))
        .max()
        .unwrap_or(observed.now)
}
