//! How copies of the state stand -> what is said about it. It is said when something has changed,
//! and stays word for word until the reason is another one: agents count on, people need not.

use agent::report::{BackupFault, BackupReport, PAUSE_FACTOR, RECENT};
use dataflow::status::{Condition, ConditionType, Reason, find};
use dataflow::validate::INTERVALS_KEPT;
use jiff::Timestamp;

use super::facts::Facts;
use crate::observed::{BackupAnswer, DesiredBackup};

/// Reason and sentence of a condition that holds.
type Said = (Reason, String);

/// What the answers say about one condition.
enum Verdict {
    /// It holds; for each reason there is, the most pressing first.
    Holds(Vec<Said>),
    /// It does not hold.
    Over,
    /// They do not say.
    Unknown,
}

/// The conditions about copies that hold.
pub(super) fn notices(facts: &Facts<'_>) -> Vec<(ConditionType, Reason, String)> {
    let running = facts.observed.running.as_ref();
    let Some(desired) = running.and_then(|goal| goal.backup) else {
        return Vec::new();
    };
    let none = Vec::new();
    let answers = facts.observed.answers.backups.as_ref().unwrap_or(&none);
    let said = |type_| find(&facts.previous.conditions, type_);
    let slow = said(ConditionType::BackupTooSlow).is_some();
    let verdicts = [
        (
            ConditionType::BackupFailing,
            failing(answers, facts.observed.now),
        ),
        (
            ConditionType::BackupTooSlow,
            too_slow(answers, kept(facts, desired), slow),
        ),
    ];
    verdicts
        .into_iter()
        .filter_map(|(type_, verdict)| {
            let (reason, message) = settle(verdict, said(type_))?;
            Some((type_, reason, message))
        })
        .collect()
}

/// Whether the state could be restored from a backup now, why, and a sentence; none while that is not
/// known. Which point is the newest changes all the time, and is asked for.
pub(super) fn restorable(facts: &Facts<'_>) -> Option<(bool, Reason, String)> {
    facts.observed.running.as_ref()?.backup?;
    let said = find(&facts.previous.conditions, ConditionType::Restorable);
    let said = said.and_then(|said| {
        let reason = said.reason.parse().ok()?;
        Some((reason == Reason::CopiesFit, reason, said.message.clone()))
    });
    let answers = facts.observed.answers.backups.iter().flatten();
    let reports = answers.filter_map(|answer| answer.report.as_ref());
    let found = if reports.clone().any(|report| report.restorable.is_some()) {
        let message = "copies of all partitions lead back to one epoch".to_owned();
        Some((true, Reason::CopiesFit, message))
    } else {
        let why = reports.clone().find_map(|it| it.not_restorable.as_ref());
        why.map(|why| {
            let message = format!("no backup could be restored: {why}");
            (false, Reason::NothingFits, message)
        })
    };
    let still = |said: &(bool, Reason, String)| found.as_ref().is_none_or(|it| it.1 == said.1);
    said.filter(still).or(found)
}

/// What was said stays while it still is a reason, and while nobody knows better.
fn settle(verdict: Verdict, said: Option<&Condition>) -> Option<Said> {
    let said = said.and_then(|said| Some((said.reason.parse().ok()?, said.message.clone())));
    match verdict {
        Verdict::Unknown => said,
        Verdict::Over => None,
        Verdict::Holds(found) => {
            let still = |said: &Said| found.iter().any(|(reason, _)| *reason == said.0);
            said.filter(still).or_else(|| found.into_iter().next())
        }
    }
}

/// Some process cannot copy its partitions.
fn failing(answers: &[BackupAnswer], now: Timestamp) -> Verdict {
    let reports = || {
        answers
            .iter()
            .filter_map(|it| Some((it, it.report.as_ref()?)))
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
        // One that has not tried yet since it was started says nothing.
        let copied = |answer: &BackupAnswer| {
            let report = answer.report.as_ref();
            report.is_some_and(|report| report.taken.is_some())
        };
        return match !answers.is_empty() && answers.iter().all(copied) {
            true => Verdict::Over,
            false => Verdict::Unknown,
        };
    }
    failing.sort_by_key(|(fault, since, answer, _)| (*fault, *since, &answer.pod));
    let point = newest_point(answers, now);
    let others = match failing.len() - 1 {
        0 => String::new(),
        others => format!(" (and {others} more)"),
    };
    let sentence =
        |(fault, since, answer, report): &(BackupFault, u64, &BackupAnswer, &BackupReport)| {
            let why = report.failure.as_deref().unwrap_or("it does not say why");
            let message = format!(
                "pod {pod}{others} has made no copy since {since}: {why}; {point}",
                pod = answer.pod,
                since = moment(*since),
            );
            (reason(*fault), message)
        };
    Verdict::Holds(failing.iter().map(sentence).collect())
}

fn reason(fault: BackupFault) -> Reason {
    match fault {
        BackupFault::ScratchFull => Reason::ScratchFull,
        BackupFault::Refused => Reason::BucketRefused,
        BackupFault::Failed => Reason::CopyFailed,
    }
}

/// What there is to go back to, as things stand now.
fn newest_point(answers: &[BackupAnswer], now: Timestamp) -> String {
    let reports = answers.iter().filter_map(|answer| answer.report.as_ref());
    let newest = reports
        .filter_map(|report| report.restorable.as_ref())
        .max_by_key(|point| point.taken);
    match newest {
        None => "which restore point is the newest is not known".to_owned(),
        Some(point) => {
            let age = now.as_second().saturating_sub(seconds(point.taken)).max(0);
            format!(
                "the newest restore point is {} of {}, {age} s before this was noticed",
                point.point,
                moment(point.taken)
            )
        }
    }
}

/// Copies take so long, one after the other, that what the engine keeps does not span enough of
/// them.
fn too_slow(answers: &[BackupAnswer], kept: u64, said: bool) -> Verdict {
    let Some(took) = steadily(answers) else {
        return Verdict::Unknown;
    };
    let needed = needed(took);
    if needed > kept {
        let message = format!(
            "a copy takes {took} s and is made every {every} s, so that old snapshots must be kept \
             for {needed} s, and they are kept for {kept} s: copies may not fit together; from the \
             next start on they are kept as with spec.recovery.backupInterval: {roomy}",
            took = took.div_ceil(1000),
            every = took.saturating_mul(PAUSE_FACTOR.into()).div_ceil(1000),
            roomy = roomy(needed),
        );
        return Verdict::Holds(vec![(Reason::CopiesTakeLong, message)]);
    }
    // Near the limit it would come and go, and with a process that does not say.
    let all = answers
        .iter()
        .all(|answer| times(answer).is_some_and(|took| took.len() >= RECENT));
    match !all || (said && needed > kept / 4 * 3) {
        true => Verdict::Unknown,
        false => Verdict::Over,
    }
}

/// For how long engines keep old snapshots from the next start on, if longer than they are asked
/// to: long enough for copies as they are made now, and never less than before.
pub(super) fn interval(facts: &Facts<'_>) -> Option<i32> {
    let before = facts.previous.backup_interval;
    let Some(running) = &facts.observed.running else {
        return before;
    };
    let kept = kept(facts, running.backup?);
    let answers = facts.observed.answers.backups.as_deref();
    let needed = needed(steadily(answers.unwrap_or_default()).unwrap_or(0));
    // What was raised before holds until it is too little, or each slower copy would be news.
    let known = before.and_then(|before| u64::try_from(before).ok());
    if needed <= kept.max(known.unwrap_or(0)) {
        return before;
    }
    Some(i32::try_from(roomy(needed)).unwrap_or(i32::MAX))
}

/// For how many seconds the engines that run keep old snapshots.
fn kept(facts: &Facts<'_>, desired: DesiredBackup) -> u64 {
    let started = facts.observed.gang.owned().and_then(|gang| gang.retention);
    u64::try_from(started.unwrap_or(desired.retention)).unwrap_or(0)
}

/// How long copies take that no other work delays, in milliseconds.
fn steadily(answers: &[BackupAnswer]) -> Option<u64> {
    let known = answers
        .iter()
        .filter_map(times)
        .filter(|took| took.len() >= RECENT);
    known.filter_map(|took| took.iter().min().copied()).max()
}

/// How long the last copies of a process took, if it says so.
fn times(answer: &BackupAnswer) -> Option<&[u64]> {
    Some(&answer.report.as_ref()?.took)
}

/// For how many seconds old snapshots must be kept when copies take so many milliseconds.
fn needed(took: u64) -> u64 {
    let apart = took.saturating_mul(PAUSE_FACTOR.into());
    let factor = u64::from(INTERVALS_KEPT.unsigned_abs());
    apart.saturating_mul(factor).div_ceil(1000)
}

/// With room for copies that grow.
fn roomy(needed: u64) -> u64 {
    needed.saturating_mul(2)
}

fn moment(second: u64) -> Timestamp {
    Timestamp::from_second(seconds(second)).unwrap_or(Timestamp::MAX)
}

fn seconds(second: u64) -> i64 {
    i64::try_from(second).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
