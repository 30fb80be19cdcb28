//! What keeps a stop back for a moment: a gang that keeps state and has only just come together has
//! gained nothing yet, and would begin again where it began.

use jiff::Timestamp;

use super::decision::{Decision, Next};
use super::operation::Operation;
use super::question::Question;
use super::timeouts::{PROGRESS_TIMEOUT, after};
use crate::observed::{LastBackup, Observed, Resumption};

/// How often agents are asked whether their engines have come further, in seconds.
const ASK_EVERY: i64 = 1;

/// What to do first, before a stop.
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

/// Whether all processes of the gang run and are connected.
pub(super) fn has_formed(observed: &Observed) -> bool {
    let Some(gang) = observed.gang.owned() else {
        return false;
    };
    let size = gang.stamp.as_ref().map_or(0, |stamp| stamp.size);
    usize::try_from(size).ok() == Some(observed.pods.len())
        && observed
            .pods
            .iter()
            .all(|pod| pod.ready && pod.deleting.is_none() && pod.stamp == gang.stamp)
}

/// Since when they have been.
fn ready_since(observed: &Observed) -> Option<Timestamp> {
    observed.pods.iter().map(|pod| pod.ready_changed).max()
}
