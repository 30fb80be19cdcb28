//! Computes the conditions about backups, and the retention of old snapshots for the next start.
//!
//! A condition is set when the agents report something new. Its message then stays until the reason changes:
//! counters and times of the agents must not cause status writes.
//!
//! Copies of different partitions have a common epoch only while the engines keep its snapshots. Four
//! durations decide whether they do. They are computed in milliseconds, and each is then rounded up to seconds:
//!
//! | duration | meaning |
//! |---|---|
//! | `copy_seconds` | time to make and send one copy: the fastest of the last three (`RECENT`) of the slowest process |
//! | `interval` | shortest time between two copies: 10 (`PAUSE_FACTOR`) times `copy_seconds` |
//! | `retention` | time for which the running engines keep old snapshots |
//! | `needed_retention` | time for which they must keep them: 4 (`INTERVALS_KEPT`) times `interval` |
//!
//! ```text
//! needed_retention = INTERVALS_KEPT * interval = INTERVALS_KEPT * PAUSE_FACTOR * (time of one copy)
//! ```
//!
//! If `needed_retention` exceeds `retention`, the condition is `BackupTooSlow`, and the next start keeps old
//! snapshots for twice `needed_retention`.

use agent::report::{BackupFault, BackupReport, PAUSE_FACTOR, RECENT};
use dataflow::status::{Condition, ConditionType, Reason, find};
use dataflow::validate::INTERVALS_KEPT;
use jiff::Timestamp;

use super::facts::Facts;
use crate::observed::{BackupAnswer, DesiredBackup};

/// Reason and message of a condition.
type Finding = (Reason, String);

/// Status of one condition according to the agents' answers.
enum ConditionState {
    /// The condition is true, for one or more reasons; the most urgent comes first.
    True(Vec<Finding>),
    /// The condition is false.
    False,
    /// The answers do not decide it.
    Unknown,
}

/// Durations that follow from the time of one copy, in seconds. See the module's header.
struct Durations {
    copy_seconds: u64,
    interval: u64,
    needed_retention: u64,
}

impl Durations {
    /// Computes the durations for copies that take so many milliseconds.
    fn new(copy_milliseconds: u64) -> Self {
        let interval = copy_milliseconds.saturating_mul(PAUSE_FACTOR.into());
        let factor = u64::from(INTERVALS_KEPT.unsigned_abs());
        Self {
            copy_seconds: copy_milliseconds.div_ceil(1000),
            interval: interval.div_ceil(1000),
            needed_retention: interval.saturating_mul(factor).div_ceil(1000),
        }
    }

    /// Returns the retention for the next start. It is twice the needed one, so that copies may grow.
    fn next_retention(&self) -> u64 {
        self.needed_retention.saturating_mul(2)
    }
}

/// Returns the conditions about backups that are true.
pub(super) fn notices(facts: &Facts<'_>) -> Vec<(ConditionType, Reason, String)> {
    let running = facts.observed.running.as_ref();
    let Some(desired) = running.and_then(|goal| goal.backup) else {
        return Vec::new();
    };
    let none = Vec::new();
    let answers = facts.observed.answers.backups.as_ref().unwrap_or(&none);
    let previous = |type_| find(&facts.previous.conditions, type_);
    let was_slow = previous(ConditionType::BackupTooSlow).is_some();
    let states = [
        (
            ConditionType::BackupFailing,
            failing(answers, facts.observed.now),
        ),
        (
            ConditionType::BackupTooSlow,
            too_slow(answers, retention(facts, desired), was_slow),
        ),
    ];
    states
        .into_iter()
        .filter_map(|(type_, state)| {
            let (reason, message) = settle(state, previous(type_))?;
            Some((type_, reason, message))
        })
        .collect()
}

/// Returns whether the state can be restored from a backup now, with reason and message. `None` while
/// that is unknown.
///
/// The message does not name the newest restore point, which changes with every copy.
pub(super) fn restorable(facts: &Facts<'_>) -> Option<(bool, Reason, String)> {
    facts.observed.running.as_ref()?.backup?;
    let previous = find(&facts.previous.conditions, ConditionType::Restorable);
    let previous = previous.and_then(|condition| {
        let reason = condition.reason.parse().ok()?;
        let restorable = reason == Reason::CopiesFit;
        Some((restorable, reason, condition.message.clone()))
    });
    let answers = facts.observed.answers.backups.iter().flatten();
    let reports = answers.filter_map(|answer| answer.report.as_ref());
    let current = if reports.clone().any(|report| report.restorable.is_some()) {
        let message = "the copies of all partitions can be restored to a common epoch".to_owned();
        Some((true, Reason::CopiesFit, message))
    } else {
        let why = reports
            .clone()
            .find_map(|report| report.not_restorable.as_ref());
        why.map(|why| {
            let message = format!("no backup can be restored: {why}");
            (false, Reason::NothingFits, message)
        })
    };
    let unchanged = |previous: &(bool, Reason, String)| {
        current
            .as_ref()
            .is_none_or(|current| current.1 == previous.1)
    };
    previous.filter(unchanged).or(current)
}

/// Returns the reason and message of a condition that is true.
///
/// The previous message is kept while its reason still applies, and while the answers do not decide the
/// condition.
fn settle(state: ConditionState, previous: Option<&Condition>) -> Option<Finding> {
    let previous = previous
        .and_then(|condition| Some((condition.reason.parse().ok()?, condition.message.clone())));
    match state {
        ConditionState::Unknown => previous,
        ConditionState::False => None,
        ConditionState::True(findings) => {
            let applies =
                |previous: &Finding| findings.iter().any(|(reason, _)| *reason == previous.0);
            previous
                .filter(applies)
                .or_else(|| findings.into_iter().next())
        }
    }
}

/// Returns the state of `BackupFailing`: whether a process cannot copy its partitions.
fn failing(answers: &[BackupAnswer], now: Timestamp) -> ConditionState {
    let reports = || {
        answers
            .iter()
            .filter_map(|answer| Some((answer, answer.report.as_ref()?)))
    };
    let mut failing: Vec<_> = reports()
        .filter_map(|(answer, report)| {
            Some((
                report.fault.unwrap_or_default(),
                report.failing_since?,
                answer,
                report,
            ))
        })
        .collect();
    if failing.is_empty() {
        // A process that has made no copy since its start does not show that copies succeed.
        let copied = |answer: &BackupAnswer| {
            let report = answer.report.as_ref();
            report.is_some_and(|report| report.taken.is_some())
        };
        return match !answers.is_empty() && answers.iter().all(copied) {
            true => ConditionState::False,
            false => ConditionState::Unknown,
        };
    }
    failing.sort_by_key(|(fault, since, answer, _)| (*fault, *since, &answer.pod));
    let point = newest_point(answers, now);
    let others = match failing.len() - 1 {
        0 => String::new(),
        others => format!(" (and {others} more)"),
    };
    let finding =
        |(fault, since, answer, report): &(BackupFault, u64, &BackupAnswer, &BackupReport)| {
            let why = report
                .failure
                .as_deref()
                .unwrap_or("its agent reports no cause");
            let message = format!(
                "pod {pod}{others} has made no backup copy since {since}: {why}; {point}",
                pod = answer.pod,
                since = timestamp(*since),
            );
            (reason(*fault), message)
        };
    ConditionState::True(failing.iter().map(finding).collect())
}

fn reason(fault: BackupFault) -> Reason {
    match fault {
        BackupFault::ScratchFull => Reason::ScratchFull,
        BackupFault::Refused => Reason::BucketRefused,
        BackupFault::Failed => Reason::CopyFailed,
    }
}

/// Describes the newest restore point, with its age at `now`.
fn newest_point(answers: &[BackupAnswer], now: Timestamp) -> String {
    let reports = answers.iter().filter_map(|answer| answer.report.as_ref());
    let newest = reports
        .filter_map(|report| report.restorable.as_ref())
        .max_by_key(|point| point.taken);
    match newest {
        None => "the newest restore point is unknown".to_owned(),
        Some(point) => {
            let age = now.as_second().saturating_sub(seconds(point.taken)).max(0);
            format!(
                "the newest restore point is {} of {}, {age} s before this was noticed",
                point.point,
                timestamp(point.taken)
            )
        }
    }
}

/// Returns the state of `BackupTooSlow`: whether copies need a longer retention than the engines have.
fn too_slow(answers: &[BackupAnswer], retention: u64, was_slow: bool) -> ConditionState {
    let Some(copy_milliseconds) = copy_milliseconds(answers) else {
        return ConditionState::Unknown;
    };
    let durations = Durations::new(copy_milliseconds);
    if durations.needed_retention > retention {
        return ConditionState::True(vec![(
            Reason::CopiesTakeLong,
            too_slow_message(&durations, retention),
        )]);
    }
    // The condition stays near the limit, where it would come and go, and while a process has reported
    // too few copies.
    let all_reported = answers
        .iter()
        .all(|answer| copy_times(answer).is_some_and(|times| times.len() >= RECENT));
    let near_limit = was_slow && durations.needed_retention > retention / 4 * 3;
    match !all_reported || near_limit {
        true => ConditionState::Unknown,
        false => ConditionState::False,
    }
}

fn too_slow_message(durations: &Durations, retention: u64) -> String {
    let Durations {
        copy_seconds,
        interval,
        needed_retention,
    } = durations;
    format!(
        "a backup copy takes {copy_seconds} s and is made every {interval} s, so the engines must keep \
         old snapshots for {needed_retention} s, but they keep them for {retention} s: the copies of \
         the partitions may have no common epoch; the next start keeps old snapshots as with \
         spec.recovery.backupInterval: {next_retention}",
        next_retention = durations.next_retention(),
    )
}

/// Returns the retention of old snapshots for the next start, in seconds, if it is longer than the spec's.
///
/// It is sufficient for the present copies, and never shorter than before.
pub(super) fn interval(facts: &Facts<'_>) -> Option<i32> {
    let previous = facts.previous.backup_interval;
    let Some(running) = &facts.observed.running else {
        return previous;
    };
    let retention = retention(facts, running.backup?);
    let answers = facts.observed.answers.backups.as_deref();
    let copy_milliseconds = copy_milliseconds(answers.unwrap_or_default()).unwrap_or(0);
    let durations = Durations::new(copy_milliseconds);
    // A retention that was raised before is kept until it is too short. Otherwise each slower copy would
    // cause a status write.
    let raised = previous.and_then(|previous| u64::try_from(previous).ok());
    if durations.needed_retention <= retention.max(raised.unwrap_or(0)) {
        return previous;
    }
    Some(i32::try_from(durations.next_retention()).unwrap_or(i32::MAX))
}

/// Returns the retention of old snapshots of the running engines, in seconds.
fn retention(facts: &Facts<'_>, desired: DesiredBackup) -> u64 {
    let started = facts.observed.gang.owned().and_then(|gang| gang.retention);
    u64::try_from(started.unwrap_or(desired.retention)).unwrap_or(0)
}

/// Returns the time of a copy that no other work delays, in milliseconds: of each process the fastest
/// recent copy, of all processes the slowest.
fn copy_milliseconds(answers: &[BackupAnswer]) -> Option<u64> {
    let reported = answers
        .iter()
        .filter_map(copy_times)
        .filter(|times| times.len() >= RECENT);
    reported
        .filter_map(|times| times.iter().min().copied())
        .max()
}

/// Returns the times of the last copies of a process, in milliseconds, if its agent answered.
fn copy_times(answer: &BackupAnswer) -> Option<&[u64]> {
    Some(&answer.report.as_ref()?.took)
}

fn timestamp(second: u64) -> Timestamp {
    Timestamp::from_second(seconds(second)).unwrap_or(Timestamp::MAX)
}

fn seconds(second: u64) -> i64 {
    i64::try_from(second).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
