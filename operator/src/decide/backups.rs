//! Copies of the state in a bucket: when the agents of a gang that runs are asked how they stand, and
//! that they make some before it is stopped.

use dataflow::status::Reason;
use jiff::Timestamp;

use super::decision::Decision;
use super::operation::Operation;
use super::progress;
use super::summary::Summary;
use super::timeouts::{LAST_BACKUP_TIMEOUT, after, not_in_time};
use crate::observed::{Goal, LastBackup, Observed};

/// The shortest pause between two looks, in seconds.
const LOOK_AT_MOST_EVERY: i64 = 30;

/// When to look next; never without copies.
pub(super) fn next_look(observed: &Observed, goal: &Goal) -> Option<Timestamp> {
    let pause = goal.backup?.interval.max(LOOK_AT_MOST_EVERY);
    Some(after(observed.backups.last_polled, pause))
}

/// Puts copies before a stop. They must not keep anybody from stopping: what cannot be copied, or
/// not in time, is told and left.
///
/// Only a gang that is together is asked. One that is stopped because it is not has no more to save
/// than its last copies hold, and may be unable to.
pub(super) fn before_stop(observed: &Observed, stop: Decision) -> Decision {
    let copies = observed
        .running
        .as_ref()
        .is_some_and(|goal| goal.backup.is_some());
    if !copies || !progress::has_formed(observed) {
        return stop;
    }
    let deadline = match &observed.backups.last {
        LastBackup::Settled(outcome) => {
            return Decision {
                not_backed_up: outcome.clone().err(),
                ..stop
            };
        }
        LastBackup::UnderWay(since) => after(*since, LAST_BACKUP_TIMEOUT),
        LastBackup::NotAsked => after(observed.now, LAST_BACKUP_TIMEOUT),
    };
    if observed.now >= deadline {
        return Decision {
            not_backed_up: Some(not_in_time()),
            ..stop
        };
    }
    let mut copying = Decision {
        operation: Operation::BackUp,
        ..stop
    };
    if copying.summary.reason == Reason::Stopping {
        let message = format!("copies its state, then {}", copying.summary.message);
        copying.summary = Summary {
            message,
            ..copying.summary
        };
    }
    copying.requeue_no_later_than(Some(deadline));
    copying
}
