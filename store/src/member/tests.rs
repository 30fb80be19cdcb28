use std::{fs, path::PathBuf};

use rstest::rstest;
use rusqlite::Connection;

use crate::{
    fault::FaultKind,
    fixture::{Volumes, claim, timeline},
    orders::Intervals,
    partition::{LastStart, Partition},
};

use super::*;

const PLACES: [u32; 3] = [0, 1, 0];

fn beginning(start: u64) -> LastStart {
    LastStart {
        start,
        round: "r".into(),
        execution: 0,
        resume_epoch: 1,
        intervals: Intervals::new(1, 0).unwrap(),
    }
}

/// The kinds and the text of what process 0 is refused for.
#[track_caller]
fn refused(orders: GangOrders) -> (Vec<FaultKind>, String) {
    let before = names(&orders.folder);
    let folder = orders.folder.clone();
    let refusal = Member::enter(orders).map(drop).unwrap_err();
    assert!(refusal.is_refused() && !refusal.is_busy());
    assert_eq!(names(&folder), before, "a refusal changes nothing");
    let text = refusal.to_string();
    match refusal {
        Refusal::Faults(faults) => (faults.iter().map(|fault| fault.kind).collect(), text),
        other => panic!("{other}"),
    }
}

fn names(folder: &Path) -> Vec<PathBuf> {
    let mut names: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        // Locks and SQLite's index of a -wal hold nothing.
        .filter(|path| {
            let name = path.to_string_lossy();
            !name.ends_with(".lock") && !name.ends_with("-shm")
        })
        .collect();
    names.sort();
    names
}

#[test]
fn a_process_offers_and_begins_what_its_orders_say() {
    let volumes = Volumes::with_store(2, &PLACES);
    let member = Member::enter(volumes.gang(0, 2, &PLACES)).unwrap();
    let facts = member.offer().unwrap();
    let indexes: Vec<_> = facts.iter().map(|facts| facts.index).collect();
    assert_eq!(indexes, [0, 2]);
    member.begin(&beginning(1)).unwrap();
    let facts = member.offer().unwrap();
    assert!(
        facts
            .iter()
            .all(|facts| facts.passport.last_start == Some(beginning(1)))
    );
    assert_eq!(volumes.volume(0).record().unwrap().unwrap().start, 1);
}

#[test]
fn a_volume_without_partitions_may_be_new_and_is_noted() {
    let volumes = Volumes::with_store(3, &PLACES);
    let member = Member::enter(volumes.gang(2, 3, &PLACES)).unwrap();
    assert_eq!(member.offer().unwrap(), []);
    assert_eq!(volumes.volume(2).record().unwrap().unwrap().claim, claim(2));
}

#[test]
fn an_empty_volume_that_should_hold_partitions_is_refused_and_stays_empty() {
    let volumes = Volumes::empty(2);
    let (kinds, text) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [FaultKind::Missing, FaultKind::Missing]);
    assert_eq!(
        text,
        "part-0.sqlite3 on volume 0 (claim claim-0): the partition is missing; bring the volume \
         back, or restore the store from a backup; also part-2.sqlite3 on volume 0 (claim \
         claim-0): the partition is missing; bring the volume back, or restore the store from a \
         backup"
    );
}

#[test]
fn a_process_that_runs_keeps_its_second_copy_out() {
    let volumes = Volumes::with_store(2, &PLACES);
    let first = Member::enter(volumes.gang(0, 2, &PLACES)).unwrap();
    let refusal = Member::enter(volumes.gang(0, 2, &PLACES))
        .map(drop)
        .unwrap_err();
    assert!(refusal.is_busy() && !refusal.is_refused(), "{refusal}");
    drop(first);
    drop(Member::enter(volumes.gang(0, 2, &PLACES)).unwrap());
}

#[rstest]
#[case::step(9, 1)]
#[case::start(1, 9)]
fn a_pod_of_an_older_step_or_start_changes_nothing(#[case] step: u64, #[case] start: u64) {
    let volumes = Volumes::with_store(2, &PLACES);
    volumes.write_record(0, step, start);
    let (kinds, text) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [FaultKind::Stale]);
    assert!(text.contains("a newer pod has taken over"), "{text}");
}

#[test]
fn numbers_in_a_partition_count_too() {
    let volumes = Volumes::with_store(2, &PLACES);
    let mut orders = volumes.gang(0, 2, &PLACES);
    orders.start = 5;
    Member::enter(orders).unwrap().begin(&beginning(5)).unwrap();
    volumes.write_record(0, 1, 0);
    volumes.sql(0, 2, "UPDATE waxrun SET step = 4");
    let (kinds, text) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [FaultKind::Stale; 3], "{text}");
}

#[test]
fn a_copied_volume_and_one_of_another_store_are_refused() {
    let volumes = Volumes::with_store(2, &PLACES);
    let mut orders = volumes.gang(0, 2, &PLACES);
    orders.claims[0] = "made-anew".parse().unwrap();
    let (kinds, text) = refused(orders);
    assert_eq!(kinds, [FaultKind::Foreign]);
    assert!(text.contains("copied from claim claim-0"), "{text}");
    let mut orders = volumes.gang(0, 2, &PLACES);
    orders.store = "00000000-4c39-4a2b-9a5e-0d6b9f3f4f10".parse().unwrap();
    let (kinds, _) = refused(orders);
    assert_eq!(kinds, [FaultKind::Foreign; 3]);
}

#[test]
fn every_misplaced_file_is_named_at_once() {
    let volumes = Volumes::with_store(2, &PLACES);
    let copy = |from: &str, to: &str| fs::copy(volumes.file(0, from), volumes.file(0, to)).unwrap();
    copy("part-2.sqlite3", "part-2 (copy).sqlite3");
    fs::copy(
        volumes.file(1, "part-1.sqlite3"),
        volumes.file(0, "part-1.sqlite3"),
    )
    .unwrap();
    copy("part-0.sqlite3", "part-5.sqlite3");
    fs::write(volumes.file(0, "other.sqlite3"), "").unwrap();
    fs::write(volumes.file(0, "part-9.sqlite3-wal"), "x").unwrap();
    copy("part-0.sqlite3", "part-2.sqlite3");
    fs::write(volumes.file(0, "notes.txt"), "x").unwrap();
    let refusal = Member::enter(volumes.gang(0, 2, &PLACES))
        .map(drop)
        .unwrap_err();
    let Refusal::Faults(faults) = refusal else {
        panic!("{refusal}")
    };
    let named: Vec<_> = faults
        .iter()
        .map(|fault| (fault.file.as_deref().unwrap(), fault.kind))
        .collect();
    assert_eq!(
        named,
        [
            ("part-1.sqlite3", FaultKind::Foreign),
            ("part-5.sqlite3", FaultKind::Foreign),
            ("other.sqlite3", FaultKind::Stray),
            ("part-2 (copy).sqlite3", FaultKind::Duplicate),
            ("part-9.sqlite3-wal", FaultKind::Leftover),
            ("part-2.sqlite3", FaultKind::Duplicate),
        ]
    );
}

#[rstest]
#[case("UPDATE waxrun SET timeline = '2-0a1b2c3d'", FaultKind::WrongTimeline)]
#[case("UPDATE parts SET part_count = 4", FaultKind::Foreign)]
#[case("UPDATE waxrun SET format = 2", FaultKind::NewerFormat)]
#[case("UPDATE waxrun SET store = 'x'", FaultKind::Unreadable)]
#[case("DROP TABLE waxrun", FaultKind::Foreign)]
#[case("DROP TABLE parts", FaultKind::Stray)]
#[case("PRAGMA user_version = 9", FaultKind::OtherEngine)]
#[case("UPDATE parts SET part_index = 1", FaultKind::Foreign)]
fn a_partition_that_is_not_what_it_should_be_is_refused(
    #[case] sql: &str,
    #[case] kind: FaultKind,
) {
    let volumes = Volumes::with_store(2, &PLACES);
    volumes.sql(0, 2, sql);
    let (kinds, text) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [kind], "{text}");
    assert!(
        text.starts_with("part-2.sqlite3 on volume 0 (claim claim-0): "),
        "{text}"
    );
    assert!(text.contains("; "), "{text}");
}

#[test]
fn a_damaged_file_is_refused() {
    let volumes = Volumes::with_store(2, &PLACES);
    fs::write(volumes.file(0, "part-2.sqlite3"), "x".repeat(9000)).unwrap();
    let (kinds, _) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [FaultKind::Unreadable]);
}

#[test]
fn a_missing_partition_whose_job_did_not_end_asks_for_the_job() {
    let volumes = Volumes::with_store(2, &PLACES);
    fs::rename(
        volumes.file(0, "part-2.sqlite3"),
        volumes.file(0, "part-2.7.retired"),
    )
    .unwrap();
    let (kinds, text) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [FaultKind::Unfinished]);
    assert!(text.contains("step 7 did not end; run it again"), "{text}");
}

#[test]
fn files_of_a_stock_store_are_not_taken_over_silently() {
    let volumes = Volumes::with_store(2, &PLACES);
    fs::remove_file(volumes.volume(0).record_path()).unwrap();
    let (kinds, _) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [FaultKind::Foreign]);
}

#[test]
fn a_log_of_another_file_is_refused_before_sqlite_reads_it() {
    let volumes = Volumes::with_store(2, &PLACES);
    let path = volumes.file(0, "part-2.sqlite3");
    let wal = volumes.file(0, "part-2.sqlite3-wal");
    let replacement = fs::read(&path).unwrap();
    let engine = Connection::open(&path).unwrap();
    engine
        .execute_batch("PRAGMA journal_mode = WAL; UPDATE waxrun SET timeline = '7-0a1b2c3d'")
        .unwrap();
    let log = fs::read(&wal).unwrap();
    drop(engine);
    fs::write(&path, replacement).unwrap();
    fs::write(&wal, log).unwrap();
    let (kinds, text) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [FaultKind::Leftover], "{text}");
}

#[test]
fn processes_of_one_start_share_a_volume() {
    let volumes = Volumes::with_store(1, &[0, 0, 0]);
    let shared = |ordinal, start| GangOrders {
        folder: volumes.volume(0).folder,
        claims: vec![claim(0)],
        shared: true,
        start,
        ..volumes.gang(ordinal, 2, &[0, 0, 0])
    };
    let first = Member::enter(shared(0, 1)).unwrap();
    let second = Member::enter(shared(1, 1)).unwrap();
    let indexes = |member: &Member| -> Vec<_> {
        let facts = member.offer().unwrap();
        facts.iter().map(|facts| facts.index).collect()
    };
    assert_eq!((indexes(&first), indexes(&second)), (vec![0, 2], vec![1]));
    // A gang of one process, while the old second one still lives.
    drop(first);
    let alone = GangOrders {
        processes: 1,
        ..shared(0, 2)
    };
    assert!(Member::enter(alone.clone()).unwrap_err().is_busy());
    drop(second);
    let newer = Member::enter(alone).unwrap();
    let refusal = Member::enter(shared(1, 1)).unwrap_err();
    assert!(refusal.is_refused(), "{refusal}");
    drop(newer);
}

#[test]
fn a_partition_of_an_older_timeline_is_named_with_the_one_that_holds() {
    let volumes = Volumes::with_store(2, &PLACES);
    let mut orders = volumes.gang(0, 2, &PLACES);
    orders.timeline = timeline(2);
    let (kinds, text) = refused(orders);
    assert_eq!(kinds, [FaultKind::WrongTimeline; 2]);
    assert!(
        text.contains("of timeline 1-0a1b2c3d, and the store is on 2-0a1b2c3d"),
        "{text}"
    );
    drop(Partition::open(&volumes.file(0, "part-0.sqlite3")).unwrap());
}
