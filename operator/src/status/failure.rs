//! Selects the failure for `status.lastFailure`.

use agent::report::FailureKind;
use dataflow::status::LastFailure;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::facts::Facts;
use crate::decide::newest_failure;
use crate::observed::{Gang, Pod, Termination};

/// Maximum distance of two failures that have the same cause.
const SAME_FAILURE_WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// Returns the cause of the newest failure.
///
/// Failures within 10 s (`SAME_FAILURE_WINDOW`) have one cause: `PeerLost` never replaces another failure,
/// but is replaced by it. A failure of the same revision is kept after its pod is deleted.
pub(super) fn last_failure(
    facts: &Facts<'_>,
    gang: Option<&Gang>,
    revision: Option<&str>,
) -> Option<LastFailure> {
    let Facts {
        previous, observed, ..
    } = facts;
    let same_revision = previous.revision.as_deref() == revision;
    let known = previous.last_failure.clone().filter(|_| same_revision);
    let up = gang.is_some_and(|gang| gang.replicas > 0);
    let Some((pod, termination)) = newest_failure(&observed.pods).filter(|_| up) else {
        return known;
    };
    let Some(known) = known else {
        return Some(report(pod, termination));
    };
    let time = known
        .time
        .as_ref()
        .map_or(Timestamp::UNIX_EPOCH, |time| time.0);
    let distance = termination.at.duration_since(time);
    let names_cause = known.reason == FailureKind::PeerLost.as_str() && !termination.peer_lost();
    if distance > SAME_FAILURE_WINDOW || (distance.abs() <= SAME_FAILURE_WINDOW && names_cause) {
        return Some(report(pod, termination));
    }
    Some(known)
}

/// Converts the termination of a pod's process into its form in status.
pub(super) fn report(pod: &Pod, termination: &Termination) -> LastFailure {
    let Termination {
        at,
        exit_code,
        cause,
        message,
        step,
        file,
        line,
    } = termination.clone();
    LastFailure {
        pod: pod.name.clone(),
        reason: cause.as_str().to_owned(),
        message,
        step,
        file,
        line,
        exit_code: Some(exit_code),
        time: Some(Time(at)),
    }
}
