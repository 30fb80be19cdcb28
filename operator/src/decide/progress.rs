//! Delays a stop until the gang has saved progress.
//!
//! A gang that has just formed has closed no epoch, so stopping it would replay the same input at the next start. The
//! delay ends after 30 s (`PROGRESS_TIMEOUT`).

use jiff::Timestamp;

use super::decision::{Decision, Next};
use super::operation::Operation;
use super::question::Question;
use super::timeouts::{PROGRESS_TIMEOUT, after};
use crate::observed::{LastBackup, Observed, Resumption};

/// The pause between two questions to the agents whether their engines have closed an epoch, in seconds.
const ASK_EVERY: i64 = 1;

/// Returns the question or the wait that comes before a stop; `None` if the stop need not be delayed.
pub(super) fn before_stop(observed: &Observed, stop: &Decision) -> Option<Next> {
    let keeps = observed
        .running
        .as_ref()
        .is_some_and(|goal| goal.store.is_some());
    let copying = observed.backups.last != LastBackup::NotAsked;
    if !keeps || copying || !has_formed(observed) {
        return None;
    }
    let deadline = after(ready_since(observed)?, PROGRESS_TIMEOUT);
    if observed.now >= deadline {
        return None;
    }
    match observed.answers.resumption {
        Resumption::NotAsked => Some(Next::Ask(Question::Resumption)),
        Resumption::Known(resumed) if resumed.moved => None,
        Resumption::Known(_) | Resumption::Unknown => {
            let waiting = Decision {
                operation: Operation::None,
                ..stop.clone()
            };
            Some(waiting.requeue_after(observed, ASK_EVERY).into())
        }
    }
}

/// Whether all processes of the gang run and are connected to each other.
pub(super) fn has_formed(observed: &Observed) -> bool {
    let Some(gang) = observed.gang.owned() else {
        return false;
    };
    let processes = gang.stamp.as_ref().map_or(0, |stamp| stamp.processes);
    usize::try_from(processes).ok() == Some(observed.pods.len())
        && observed
            .pods
            .iter()
            .all(|pod| pod.ready && pod.deleting.is_none() && pod.stamp == gang.stamp)
}

/// Returns the time since which all pods have been ready.
fn ready_since(observed: &Observed) -> Option<Timestamp> {
    observed.pods.iter().map(|pod| pod.ready_changed).max()
}
