//! How long decisions wait for others before something else is done, or people are told.

use jiff::{SignedDuration, Timestamp};

/// How long a missing reference counts as on its way, in seconds.
pub(super) const REFERENCE_TIMEOUT: i64 = 30;
/// How long a probe may wait for room before the change goes on without it, in seconds.
pub(super) const PROBE_SCHEDULING_TIMEOUT: i64 = 30;
/// How long all containers may run while a process misses another before that one is named, in
/// seconds.
pub(super) const OVERDUE_TIMEOUT: i64 = 60;
/// How long a stop waits until a gang has come further than where it began, in seconds from when it
/// was together.
pub(super) const PROGRESS_TIMEOUT: i64 = 30;
/// How long a gang may take to form before people are told, in seconds.
pub(super) const FORM_TIMEOUT: i64 = 120;
/// How long a pod may outlive its grace, in seconds.
pub(super) const TERMINATION_TIMEOUT: i64 = 60;
/// How long a gang that failed must stay together before its failures are forgotten, in seconds.
pub(super) const SETTLE_TIME: i64 = 10;
/// How long a change of the recovery store may wait for room before people are told, in seconds.
pub(super) const STORE_SCHEDULING_TIMEOUT: i64 = 60;
/// How long the API server's word that a volume cannot grow is taken for granted, in seconds.
pub(super) const GROWTH_RETRY_PAUSE: i64 = 600;
/// Failed starts in a row that count as a crash loop.
pub(super) const CRASH_LOOP_STARTS: i32 = 3;
/// How long copies before a stop may take, in seconds.
pub(crate) const LAST_BACKUP_TIMEOUT: i64 = 60;

/// Why there are no copies when no agent has said why.
#[must_use]
pub(crate) fn not_in_time() -> String {
    format!("copies were not made within {LAST_BACKUP_TIMEOUT} s")
}

/// A point in time so many seconds after another.
#[must_use]
pub(super) fn after(time: Timestamp, seconds: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}
