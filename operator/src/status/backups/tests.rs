//! Conditions about backups: their messages, and that they change only with the reason.

use agent::report::PointReport;
use dataflow::status::DataflowStatus;
use rstest::rstest;

use super::*;
use crate::decide::{Decision, Summary};
use crate::observed::{BackupAnswer, Observed, Ownership};
use crate::status::compute;
use crate::status::tests::{at, observed};

/// Report of a process whose copies succeed.
fn healthy() -> BackupReport {
    BackupReport {
        interval: 30,
        taken: Some(900),
        took: vec![200; RECENT],
        ..BackupReport::default()
    }
}

/// Report of the process that holds partition 0 and searches the restore points.
fn first_process() -> BackupReport {
    BackupReport {
        restorable: Some(PointReport {
            point: "1-0b7c4a52/44".to_owned(),
            epoch: 44,
            taken: 895,
            size: 1,
        }),
        ..healthy()
    }
}

fn failing(fault: BackupFault, why: &str) -> BackupReport {
    BackupReport {
        failures: 1,
        failing_since: Some(950),
        failure: Some(why.to_owned()),
        fault: Some(fault),
        ..healthy()
    }
}

/// Status after two agents have answered with these reports.
fn after(
    previous: &DataflowStatus,
    now: i64,
    reports: [Option<BackupReport>; 2],
) -> DataflowStatus {
    let world = observed_with(now, Some(reports));
    status_of(previous, &world)
}

fn observed_with(now: i64, reports: Option<[Option<BackupReport>; 2]>) -> Observed {
    let mut world = observed();
    world.now = at(now);
    if let Some(goal) = &mut world.running {
        goal.backup = Some(DesiredBackup {
            interval: 30,
            retention: 120,
        });
    }
    world.answers.backups = reports.map(|reports| {
        let named = reports.into_iter().enumerate();
        named
            .map(|(index, report)| BackupAnswer {
                pod: format!("flow-{index}"),
                report,
            })
            .collect()
    });
    world
}

fn status_of(previous: &DataflowStatus, world: &Observed) -> DataflowStatus {
    compute(&Facts {
        name: None,
        generation: 4,
        previous,
        processes: 2,
        observed: world,
        decision: &Decision::idle(Summary::ready(Reason::Running, "")),
        warnings: &[],
    })
}

/// Conditions that report a problem, as text.
fn problems(status: &DataflowStatus) -> Vec<String> {
    let text = |condition: &Condition| {
        format!(
            "{} {}: {}",
            condition.type_, condition.reason, condition.message
        )
    };
    let conditions = status
        .conditions
        .iter()
        .skip(1)
        .filter(|condition| condition.status == "True" && condition.type_ != "Restorable");
    conditions.map(text).collect()
}

#[test]
fn healthy_copies_leave_status_unchanged() {
    let before = after(
        &DataflowStatus::default(),
        900,
        [Some(first_process()), Some(healthy())],
    );
    for now in [1000_i64, 2000] {
        let mut newer = first_process();
        newer.restorable.as_mut().unwrap().epoch += now.cast_unsigned();
        assert_eq!(after(&before, now, [Some(newer), Some(healthy())]), before);
    }
}

#[test]
fn backup_failing_keeps_message_until_all_copy() {
    let none = DataflowStatus::default();
    let away = failing(BackupFault::Failed, "cannot put x: connection refused");
    let begun = after(&none, 1000, [Some(first_process()), Some(away.clone())]);
    insta::assert_debug_snapshot!(problems(&begun), @r#"
    [
        "BackupFailing CopyFailed: pod flow-1 has made no backup copy since 1970-01-01T00:15:50Z: cannot put x: connection refused; the newest restore point is 1-0b7c4a52/44 of 1970-01-01T00:14:55Z, 105 s before this was noticed",
    ]
    "#);
    let other = failing(BackupFault::Failed, "cannot put y: timed out");
    for reports in [
        [Some(first_process()), Some(other.clone())],
        // The other process fails as well.
        [Some(away), Some(other)],
        // A restarted process has not tried yet; then one agent does not answer.
        [Some(first_process()), Some(BackupReport::default())],
        [Some(first_process()), None],
    ] {
        assert_eq!(after(&begun, 2000, reports), begun);
    }
    // No agent was asked.
    assert_eq!(status_of(&begun, &observed_with(2000, None)), begun);
    let refused = failing(BackupFault::Refused, "access denied");
    let changed = after(&begun, 2000, [Some(first_process()), Some(refused)]);
    assert!(problems(&changed)[0].starts_with("BackupFailing BucketRefused: "));
    let over = after(&changed, 2000, [Some(first_process()), Some(healthy())]);
    assert!(problems(&over).is_empty());
}

#[test]
fn backup_conditions_end_when_backups_are_disabled() {
    let full = failing(BackupFault::ScratchFull, "no room");
    let begun = after(&DataflowStatus::default(), 1000, [Some(full.clone()), None]);
    assert!(problems(&begun)[0].starts_with("BackupFailing ScratchFull: "));
    assert!(problems(&begun)[0].ends_with("the newest restore point is unknown"));
    let mut without = observed_with(1000, Some([Some(full), None]));
    without.running.as_mut().unwrap().backup = None;
    assert!(problems(&status_of(&begun, &without)).is_empty());
}

/// Report of a process whose copies take so many milliseconds.
fn taking(took: u64) -> BackupReport {
    BackupReport {
        took: vec![took; RECENT],
        ..first_process()
    }
}

#[rstest]
#[case::one_slow_copy(&[9_000, 200, 200])]
#[case::slow_copies_before_a_fast_one(&[200, 9_000, 9_000])]
#[case::too_few_copies(&[9_000, 9_000])]
fn occasionally_slow_copies_are_not_reported(#[case] took: &[u64]) {
    let once = BackupReport {
        took: took.to_vec(),
        ..first_process()
    };
    let status = after(
        &DataflowStatus::default(),
        1000,
        [Some(once), Some(healthy())],
    );
    assert!(problems(&status).is_empty(), "{status:?}");
}

#[rstest]
#[case::below_the_limit(2_900, false, false)]
#[case::above_the_limit(3_100, false, true)]
#[case::still_near_the_limit(2_900, true, true)]
#[case::well_below_the_limit(2_000, true, false)]
fn backup_too_slow_ends_well_below_the_limit(
    #[case] took: u64,
    #[case] before: bool,
    #[case] expected: bool,
) {
    let mut previous = DataflowStatus::default();
    if before {
        previous = after(&previous, 900, [Some(taking(9_000)), Some(healthy())]);
    }
    let status = after(&previous, 1000, [Some(taking(took)), Some(healthy())]);
    assert_eq!(!problems(&status).is_empty(), expected, "{status:?}");
}

#[test]
fn backup_too_slow_stays_while_agent_is_silent() {
    let slow = [Some(taking(9_000)), Some(healthy())];
    let begun = after(&DataflowStatus::default(), 900, slow);
    let silent = after(&begun, 1000, [None, Some(healthy())]);
    assert_eq!(problems(&silent), problems(&begun));
    let restarted = BackupReport {
        took: vec![200],
        ..first_process()
    };
    let restarted = after(&begun, 1000, [Some(restarted), Some(healthy())]);
    assert_eq!(problems(&restarted), problems(&begun));
}

#[test]
fn backup_too_slow_names_the_next_retention() {
    let slow = [Some(taking(9_000)), Some(healthy())];
    let status = after(&DataflowStatus::default(), 1000, slow);
    insta::assert_debug_snapshot!(problems(&status), @r#"
    [
        "BackupTooSlow CopiesTakeLong: a backup copy takes 9 s and is made every 90 s, so the engines must keep old snapshots for 360 s, but they keep them for 120 s: the copies of the partitions may have no common epoch; the next start keeps old snapshots as with spec.recovery.backupInterval: 720",
    ]
    "#);
}

#[test]
fn next_retention_rises_with_the_copy_time() {
    let slow = |took| [Some(taking(took)), Some(healthy())];
    let none = DataflowStatus::default();
    assert_eq!(after(&none, 1000, slow(2_900)).backup_interval, None);
    let once = after(&none, 1000, slow(9_000));
    assert_eq!(once.backup_interval, Some(720));
    let little = after(&once, 1050, slow(9_500));
    assert_eq!(
        little.backup_interval,
        Some(720),
        "the raised retention is sufficient for these copies"
    );
    let slower = after(&once, 1100, slow(20_000));
    assert_eq!(slower.backup_interval, Some(1600));
    let faster = after(&slower, 1200, slow(9_000));
    assert_eq!(
        faster.backup_interval,
        Some(1600),
        "the retention is never lowered"
    );

    // Until the next start, the engines have the retention that they were started with.
    let started_with = |kept| {
        let mut world = observed_with(1300, Some(slow(20_000)));
        let Ownership::Owned(gang) = &mut world.gang else {
            unreachable!()
        };
        gang.retention = Some(kept);
        status_of(&slower, &world)
    };
    assert_eq!(started_with(120), slower);
    assert!(problems(&started_with(1600)).is_empty());
    let mut without = observed_with(1300, None);
    without.running.as_mut().unwrap().backup = None;
    assert_eq!(status_of(&slower, &without).backup_interval, None);
}

#[test]
fn restorable_is_reported_once_known() {
    let restorable = |status: &DataflowStatus| {
        find(&status.conditions, ConditionType::Restorable)
            .map(|found| format!("{} {}: {}", found.status, found.reason, found.message))
    };
    let not_restorable = |why: &str| BackupReport {
        not_restorable: Some(why.to_owned()),
        ..healthy()
    };
    let none = DataflowStatus::default();
    let unknown = after(&none, 1000, [Some(healthy()), None]);
    assert_eq!(restorable(&unknown), None);
    let first_partition = not_restorable("partition 1 has no copy");
    let begun = after(&unknown, 1000, [Some(first_partition), Some(healthy())]);
    let expected = "False NothingFits: no backup can be restored: partition 1 has no copy";
    assert_eq!(restorable(&begun).as_deref(), Some(expected));
    let second_partition = not_restorable("partition 2 has no copy");
    for unchanged in [healthy(), second_partition] {
        assert_eq!(
            after(&begun, 2000, [Some(unchanged), Some(healthy())]),
            begun
        );
    }
    let there = after(&begun, 2000, [Some(first_process()), Some(healthy())]);
    let expected = "True CopiesFit: the copies of all partitions can be restored to a common epoch";
    assert_eq!(restorable(&there).as_deref(), Some(expected));
    assert_eq!(after(&there, 3000, [None, None]), there);
    let mut without = observed_with(3000, None);
    without.running.as_mut().unwrap().backup = None;
    assert_eq!(restorable(&status_of(&there, &without)), None);
}
