//! What is said of copies, and that it is not said twice.

use agent::report::PointReport;
use dataflow::status::DataflowStatus;
use rstest::rstest;

use super::*;
use crate::decide::{Decision, Summary};
use crate::observed::{BackupAnswer, Observed, Ownership};
use crate::status::compute;
use crate::status::tests::{at, observed};

/// A process whose copies are well.
fn well() -> BackupReport {
    BackupReport {
        interval: 30,
        taken: Some(900),
        took: vec![200; RECENT],
        ..BackupReport::default()
    }
}

/// The process that knows what can be restored.
fn first() -> BackupReport {
    BackupReport {
        restorable: Some(PointReport {
            point: "1-0b7c4a52/44".to_owned(),
            epoch: 44,
            taken: 895,
            size: 1,
        }),
        ..well()
    }
}

fn failing(fault: BackupFault, why: &str) -> BackupReport {
    BackupReport {
        failures: 1,
        failing_since: Some(950),
        failure: Some(why.to_owned()),
        fault: Some(fault),
        ..well()
    }
}

/// The status after two processes have answered so.
fn after(
    previous: &DataflowStatus,
    now: i64,
    reports: [Option<BackupReport>; 2],
) -> DataflowStatus {
    let world = asked(now, Some(reports));
    told(previous, &world)
}

fn asked(now: i64, reports: Option<[Option<BackupReport>; 2]>) -> Observed {
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

fn told(previous: &DataflowStatus, world: &Observed) -> DataflowStatus {
    compute(&Facts {
        name: None,
        generation: 4,
        previous,
        size: 2,
        observed: world,
        decision: &Decision::idle(Summary::ready(Reason::Running, "")),
        warnings: &[],
    })
}

/// The conditions that tell of trouble, as people see them.
fn said(status: &DataflowStatus) -> Vec<String> {
    let told = |it: &Condition| format!("{} {}: {}", it.type_, it.reason, it.message);
    let trouble = status
        .conditions
        .iter()
        .skip(1)
        .filter(|it| it.status == "True");
    let trouble = trouble.filter(|it| it.type_ != "Restorable");
    trouble.map(told).collect()
}

#[test]
fn copies_that_are_well_change_nothing() {
    let before = after(
        &DataflowStatus::default(),
        900,
        [Some(first()), Some(well())],
    );
    for now in [1000_i64, 2000] {
        let mut newer = first();
        newer.restorable.as_mut().unwrap().epoch += now.cast_unsigned();
        assert_eq!(after(&before, now, [Some(newer), Some(well())]), before);
    }
}

#[test]
fn a_failure_is_told_once_and_ends_when_all_copy_again() {
    let none = DataflowStatus::default();
    let away = failing(BackupFault::Failed, "can't put x: connection refused");
    let begun = after(&none, 1000, [Some(first()), Some(away.clone())]);
    insta::assert_debug_snapshot!(said(&begun), @r#"
    [
        "BackupFailing CopyFailed: pod flow-1 has made no copy since 1970-01-01T00:15:50Z: can't put x: connection refused; the newest restore point is 1-0b7c4a52/44 of 1970-01-01T00:14:55Z, 105 s before this was noticed",
    ]
    "#);
    let other = failing(BackupFault::Failed, "can't put y: timed out");
    for reports in [
        [Some(first()), Some(other.clone())],
        // The other process fails as well.
        [Some(away), Some(other)],
        // One that was started anew has not tried yet; one does not answer.
        [Some(first()), Some(BackupReport::default())],
        [Some(first()), None],
    ] {
        assert_eq!(after(&begun, 2000, reports), begun);
    }
    // Nobody was asked.
    assert_eq!(told(&begun, &asked(2000, None)), begun);
    let refused = failing(BackupFault::Refused, "access denied");
    let changed = after(&begun, 2000, [Some(first()), Some(refused)]);
    assert!(said(&changed)[0].starts_with("BackupFailing BucketRefused: "));
    let over = after(&changed, 2000, [Some(first()), Some(well())]);
    assert!(said(&over).is_empty());
}

#[test]
fn what_was_said_goes_with_the_backups() {
    let full = failing(BackupFault::ScratchFull, "no room");
    let begun = after(&DataflowStatus::default(), 1000, [Some(full.clone()), None]);
    assert!(said(&begun)[0].starts_with("BackupFailing ScratchFull: "));
    assert!(said(&begun)[0].ends_with("is the newest is not known"));
    let mut without = asked(1000, Some([Some(full), None]));
    without.running.as_mut().unwrap().backup = None;
    assert!(said(&told(&begun, &without)).is_empty());
}

/// A process whose copies take so many milliseconds.
fn taking(took: u64) -> BackupReport {
    BackupReport {
        took: vec![took; RECENT],
        ..first()
    }
}

#[rstest]
#[case::one(&[9_000, 200, 200])]
#[case::the_ones_before(&[200, 9_000, 9_000])]
#[case::not_enough_yet(&[9_000, 9_000])]
fn copies_that_were_slow_once_are_not_told(#[case] took: &[u64]) {
    let once = BackupReport {
        took: took.to_vec(),
        ..first()
    };
    let status = after(&DataflowStatus::default(), 1000, [Some(once), Some(well())]);
    assert!(said(&status).is_empty(), "{status:?}");
}

#[rstest]
#[case::in_time(2_900, false, false)]
#[case::too_late(3_100, false, true)]
#[case::near_the_limit(2_900, true, true)]
#[case::in_time_again(2_000, true, false)]
fn slow_copies_are_told_until_they_are_well_in_time(
    #[case] took: u64,
    #[case] before: bool,
    #[case] expected: bool,
) {
    let mut previous = DataflowStatus::default();
    if before {
        previous = after(&previous, 900, [Some(taking(9_000)), Some(well())]);
    }
    let status = after(&previous, 1000, [Some(taking(took)), Some(well())]);
    assert_eq!(!said(&status).is_empty(), expected, "{status:?}");
}

#[test]
fn what_a_silent_process_was_slow_at_is_not_over() {
    let slow = [Some(taking(9_000)), Some(well())];
    let begun = after(&DataflowStatus::default(), 900, slow);
    let silent = after(&begun, 1000, [None, Some(well())]);
    assert_eq!(said(&silent), said(&begun));
    let anew = BackupReport {
        took: vec![200],
        ..first()
    };
    let anew = after(&begun, 1000, [Some(anew), Some(well())]);
    assert_eq!(said(&anew), said(&begun));
}

#[test]
fn the_value_that_is_taken_is_named() {
    let slow = [Some(taking(9_000)), Some(well())];
    let status = after(&DataflowStatus::default(), 1000, slow);
    insta::assert_debug_snapshot!(said(&status), @r#"
    [
        "BackupTooSlow CopiesTakeLong: a copy takes 9 s and is made every 90 s, so that old snapshots must be kept for 360 s, and they are kept for 120 s: copies may not fit together; from the next start on they are kept as with spec.recovery.backupInterval: 720",
    ]
    "#);
}

#[test]
fn what_the_next_start_keeps_rises_with_the_time_that_copies_take() {
    let slow = |took| [Some(taking(took)), Some(well())];
    let none = DataflowStatus::default();
    assert_eq!(after(&none, 1000, slow(2_900)).backup_interval, None);
    let once = after(&none, 1000, slow(9_000));
    assert_eq!(once.backup_interval, Some(720));
    let little = after(&once, 1050, slow(9_500));
    assert_eq!(
        little.backup_interval,
        Some(720),
        "it is enough for these, too"
    );
    let slower = after(&once, 1100, slow(20_000));
    assert_eq!(slower.backup_interval, Some(1600));
    let faster = after(&slower, 1200, slow(9_000));
    assert_eq!(faster.backup_interval, Some(1600), "never less than before");

    // Until then what runs keeps what it was started with.
    let started_with = |kept| {
        let mut world = asked(1300, Some(slow(20_000)));
        let Ownership::Owned(gang) = &mut world.gang else {
            unreachable!()
        };
        gang.retention = Some(kept);
        told(&slower, &world)
    };
    assert_eq!(started_with(120), slower);
    assert!(said(&started_with(1600)).is_empty());
    let mut without = asked(1300, None);
    without.running.as_mut().unwrap().backup = None;
    assert_eq!(told(&slower, &without).backup_interval, None);
}

#[test]
fn whether_there_is_a_restore_point_is_told_once_it_is_known() {
    let restorable = |status: &DataflowStatus| {
        find(&status.conditions, ConditionType::Restorable)
            .map(|it| format!("{} {}: {}", it.status, it.reason, it.message))
    };
    let lacking = |why: &str| BackupReport {
        not_restorable: Some(why.to_owned()),
        ..well()
    };
    let none = DataflowStatus::default();
    let unknown = after(&none, 1000, [Some(well()), None]);
    assert_eq!(restorable(&unknown), None);
    let first_partition = lacking("partition 1 has no copy");
    let begun = after(&unknown, 1000, [Some(first_partition), Some(well())]);
    let told = "False NothingFits: no backup could be restored: partition 1 has no copy";
    assert_eq!(restorable(&begun).as_deref(), Some(told));
    let second_partition = lacking("partition 2 has no copy");
    for still in [well(), second_partition] {
        assert_eq!(after(&begun, 2000, [Some(still), Some(well())]), begun);
    }
    let there = after(&begun, 2000, [Some(first()), Some(well())]);
    let told = "True CopiesFit: copies of all partitions lead back to one epoch";
    assert_eq!(restorable(&there).as_deref(), Some(told));
    assert_eq!(after(&there, 3000, [None, None]), there);
    let mut without = asked(3000, None);
    without.running.as_mut().unwrap().backup = None;
    assert_eq!(restorable(&self::told(&there, &without)), None);
}
