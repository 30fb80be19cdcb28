//! Backups of the state: when the agents are polled for their backup reports, and the backup before a stop.

use dataflow::status::Reason;
use jiff::Timestamp;

use super::decision::Decision;
use super::operation::Operation;
use super::progress;
use super::summary::Summary;
use super::timeouts::{LAST_BACKUP_TIMEOUT, after, not_in_time};
use crate::observed::{Goal, LastBackup, Observed};

/// The shortest pause between two polls, in seconds.
const MIN_POLL_PAUSE: i64 = 30;

/// Returns the time of the next poll; `None` if backups are off.
pub(super) fn next_poll(observed: &Observed, goal: &Goal) -> Option<Timestamp> {
    let pause = goal.backup?.interval.max(MIN_POLL_PAUSE);
    Some(after(observed.backups.last_polled, pause))
}

/// Puts a backup before a stop.
///
/// A failed backup does not prevent the stop. If a copy fails, or takes longer than 60 s (`LAST_BACKUP_TIMEOUT`), the gang
/// is stopped without it, and the reason is reported.
///
/// Only a gang that has formed is asked. A gang that has not formed has made no progress since its last copies, and may
/// be unable to make new ones.
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
        let message = format!("backing up the state, then {}", copying.summary.message);
        copying.summary = Summary {
            message,
            ..copying.summary
        };
    }
    copying.requeue_no_later_than(Some(deadline));
    copying
}
