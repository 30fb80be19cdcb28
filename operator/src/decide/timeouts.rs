//! The timeouts after which a decision changes, or a problem is reported.

use jiff::{SignedDuration, Timestamp};

/// The time that the operator waits for a missing reference, in seconds.
pub(super) const REFERENCE_TIMEOUT: i64 = 30;
/// The time that a probe pod may be unschedulable before the revision is started without a probe, in seconds.
pub(super) const PROBE_SCHEDULING_TIMEOUT: i64 = 30;
/// The time that all containers may run while a process waits for another before the missing process is reported, in
/// seconds.
pub(super) const OVERDUE_TIMEOUT: i64 = 60;
/// The time that a stop is delayed until the gang has saved progress, in seconds since the gang formed.
pub(super) const PROGRESS_TIMEOUT: i64 = 30;
/// The time that a gang may take to form before that is reported, in seconds.
pub(super) const FORM_TIMEOUT: i64 = 120;
/// The time that a pod may exist after its grace period before that is reported, in seconds.
pub(super) const TERMINATION_TIMEOUT: i64 = 60;
/// The time that a gang must stay formed before its failed starts are forgotten, in seconds.
pub(super) const SETTLE_TIME: i64 = 10;
/// The time that a store pod may be unschedulable before that is reported, in seconds.
pub(super) const STORE_SCHEDULING_TIMEOUT: i64 = 60;
/// The pause after the API server refused to expand a PVC, in seconds.
pub(super) const GROWTH_RETRY_PAUSE: i64 = 600;
/// The number of consecutive failed starts that count as a crash loop.
pub(super) const CRASH_LOOP_STARTS: i32 = 3;
/// The time that the backup before a stop may take, in seconds.
pub(crate) const LAST_BACKUP_TIMEOUT: i64 = 60;

/// Returns the reason for a missing backup if the agents did not finish in time.
#[must_use]
pub(crate) fn not_in_time() -> String {
    format!("the backup was not completed within {LAST_BACKUP_TIMEOUT} s")
}

/// Returns the time `seconds` after `time`.
#[must_use]
pub(super) fn after(time: Timestamp, seconds: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}
