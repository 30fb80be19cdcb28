//! Measures the last outage: how long not all processes ran, because of a change or a failure.

use dataflow::status::{DataflowStatus, Outage, Reason};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::facts::{Facts, ready};
use crate::decide::{Decision, Operation};
use crate::observed::Gang;

/// Returns the last outage.
///
/// An outage begins when all processes have run and one of them is missing or about to be stopped. It
/// ends when the gang has formed again; a moment in which all processes are ready is not enough. A
/// suspended flow and the end of input are not outages.
pub(super) fn outage(facts: &Facts<'_>, gang: Option<&Gang>) -> Option<Outage> {
    let Facts {
        previous,
        observed,
        decision,
        ..
    } = facts;
    let known = previous.last_outage.clone();
    let wanted = gang.map_or(0, |gang| gang.replicas);
    let stops = matches!(decision.operation, Operation::Stop(_));
    let up = wanted > 0 && ready(observed, gang) == wanted && !stops;
    let asked_for = observed.suspend || has_ended(decision, gang);
    match (&known, up) {
        (Some(Outage { seconds: None, .. }), false) if asked_for => None,
        (Some(Outage { seconds: None, .. }), false) => known,
        (
            Some(Outage {
                seconds: None,
                began,
            }),
            true,
        ) if decision.formed.is_some() => Some(Outage {
            began: began.clone(),
            seconds: Some(observed.now.duration_since(began.0).as_secs().max(0)),
        }),
        (_, false) if all_ran(previous) && !asked_for => Some(Outage {
            began: Time(observed.now),
            seconds: None,
        }),
        _ => known,
    }
}

fn has_ended(decision: &Decision, gang: Option<&Gang>) -> bool {
    gang.is_some_and(|gang| gang.gated)
        || matches!(decision.operation, Operation::Gate(_))
        || decision.summary.reason == Reason::Completed
}

/// Whether the gang of the last start had formed, and some of its processes were still ready.
fn all_ran(previous: &DataflowStatus) -> bool {
    let formed = previous.formed.as_ref().map(|formed| formed.start);
    let some = previous
        .processes
        .as_ref()
        .is_some_and(|processes| processes.ready > 0);
    formed.is_some() && formed == previous.start && some
}

#[cfg(test)]
mod tests;
