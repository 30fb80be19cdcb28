//! Events report changes of status, not reconciles.

use dataflow::status::{LastFailure, Reason, condition};
use jiff::Timestamp;

use super::*;

fn status(reason: Reason, stalled: bool) -> DataflowStatus {
    let mut conditions = vec![condition(
        ConditionType::Ready,
        false,
        reason,
        "why",
        1,
        Timestamp::UNIX_EPOCH,
        &[],
    )];
    if stalled {
        let since = Timestamp::UNIX_EPOCH;
        conditions.push(condition(
            ConditionType::Stalled,
            true,
            reason,
            "why",
            1,
            since,
            &[],
        ));
    }
    DataflowStatus {
        conditions,
        ..DataflowStatus::default()
    }
}

fn reasons(before: &DataflowStatus, after: &DataflowStatus) -> Vec<String> {
    between(before, after)
        .into_iter()
        .map(|event| event.reason)
        .collect()
}

#[test]
fn changed_reason_of_ready_has_one_event() {
    let starting = status(Reason::Starting, false);
    let stalled = status(Reason::CrashLoop, true);
    assert_eq!(reasons(&DataflowStatus::default(), &starting), ["Starting"]);
    assert!(reasons(&starting, &starting).is_empty());
    assert_eq!(reasons(&starting, &stalled), ["CrashLoop"]);
    assert!(matches!(
        between(&starting, &stalled)[0].type_,
        EventType::Warning
    ));
}

#[test]
fn same_failure_has_one_event() {
    let before = status(Reason::Starting, false);
    let failure = LastFailure {
        pod: "flow-1".to_owned(),
        reason: "UserError".to_owned(),
        message: "ValueError: bad row".to_owned(),
        step: None,
        file: None,
        line: None,
        exit_code: Some(1),
        time: None,
    };
    let after = DataflowStatus {
        last_failure: Some(failure),
        ..before.clone()
    };
    assert_eq!(reasons(&before, &after), ["ProcessFailed"]);
    assert!(reasons(&after, &after).is_empty());
}

#[test]
fn condition_has_events_at_begin_change_end() {
    let before = status(Reason::Running, false);
    let failing = |reason: Reason, message: &str| {
        let mut status = before.clone();
        let type_ = ConditionType::BackupFailing;
        let since = Timestamp::UNIX_EPOCH;
        let conditions = &mut status.conditions;
        conditions.push(condition(type_, true, reason, message, 1, since, &[]));
        status
    };
    let away = failing(Reason::CopyFailed, "it is away");
    let refused = failing(Reason::BucketRefused, "it refuses");
    assert_eq!(reasons(&before, &away), ["BackupFailing"]);
    assert!(reasons(&away, &failing(Reason::CopyFailed, "away")).is_empty());
    assert_eq!(reasons(&away, &refused), ["BackupFailing"]);
    let over = between(&refused, &before).remove(0);
    assert_eq!(over.reason, "BackupFailingEnded");
    assert_eq!(
        over.note.unwrap(),
        "no longer true; the last message was: it refuses"
    );
}

#[test]
fn restorable_has_events_when_lost_and_regained() {
    let before = status(Reason::Running, false);
    let with = |holds: bool, reason: Reason| {
        let mut status = before.clone();
        let since = Timestamp::UNIX_EPOCH;
        let restorable = condition(ConditionType::Restorable, holds, reason, "", 1, since, &[]);
        status.conditions.push(restorable);
        status
    };
    let there = with(true, Reason::CopiesFit);
    let lacking = with(false, Reason::NothingFits);
    assert!(reasons(&before, &there).is_empty());
    assert_eq!(reasons(&before, &lacking), ["NotRestorable"]);
    assert_eq!(reasons(&there, &lacking), ["NotRestorable"]);
    assert!(reasons(&lacking, &lacking).is_empty());
    assert_eq!(reasons(&lacking, &there), ["Restorable"]);
    assert!(reasons(&there, &before).is_empty());
}

#[test]
fn refused_request_has_an_event() {
    let before = status(Reason::Running, false);
    for type_ in [
        ConditionType::ActionNotDone,
        ConditionType::VolumesNotResized,
    ] {
        let mut after = before.clone();
        let since = Timestamp::UNIX_EPOCH;
        let refused = condition(type_, true, Reason::NotHonoured, "why", 1, since, &[]);
        after.conditions.push(refused);
        assert_eq!(reasons(&before, &after), [type_.to_string()]);
    }
}

#[test]
fn long_note_is_cut_between_characters() {
    let note = shortened("é".repeat(900));
    assert!(note.len() <= 1010 && note.ends_with("..."));
}
