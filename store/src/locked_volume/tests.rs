use std::{fs, path::PathBuf};

use rstest::rstest;
use rusqlite::Connection;

use crate::{
    fault::FaultKind,
    fixture::{Volumes, claim, timeline},
    partition::{LastStart, Partition},
    spec::Intervals,
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

/// Returns the fault kinds and the text of the refusal for process 0.
#[track_caller]
fn refused(spec: StoreSpec) -> (Vec<FaultKind>, String) {
    let before = names(&spec.folder);
    let folder = spec.folder.clone();
    let refusal = LockedVolume::enter(spec).map(drop).unwrap_err();
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
        // Lock files and the `-shm` index of a -wal contain no state.
        .filter(|path| {
            let name = path.to_string_lossy();
            !name.ends_with(".lock") && !name.ends_with("-shm")
        })
        .collect();
    names.sort();
    names
}

#[test]
fn process_offers_and_begins_its_own_partitions() {
    let volumes = Volumes::with_store(2, &PLACES);
    let locked = LockedVolume::enter(volumes.gang(0, 2, &PLACES)).unwrap();
    let facts = locked.offer().unwrap();
    let indexes: Vec<_> = facts.iter().map(|facts| facts.index).collect();
    assert_eq!(indexes, [0, 2]);
    locked.begin(&beginning(1)).unwrap();
    let facts = locked.offer().unwrap();
    assert!(
        facts
            .iter()
            .all(|facts| facts.passport.last_start == Some(beginning(1)))
    );
    assert_eq!(volumes.volume(0).header().unwrap().unwrap().start, 1);
}

#[test]
fn new_volume_without_partitions_gets_a_header() {
    let volumes = Volumes::with_store(3, &PLACES);
    let locked = LockedVolume::enter(volumes.gang(2, 3, &PLACES)).unwrap();
    assert_eq!(locked.offer().unwrap(), []);
    assert_eq!(volumes.volume(2).header().unwrap().unwrap().claim, claim(2));
}

#[test]
fn empty_volume_with_expected_partitions_is_refused_unchanged() {
    let volumes = Volumes::empty(2);
    let (kinds, text) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [FaultKind::Missing, FaultKind::Missing]);
    assert_eq!(
        text,
        "part-0.sqlite3 on volume 0 (PVC UID claim-0): the partition is missing; bring the volume \
         back, or restore the store from a backup; also part-2.sqlite3 on volume 0 (PVC UID \
         claim-0): the partition is missing; bring the volume back, or restore the store from a \
         backup"
    );
}

#[test]
fn second_copy_of_a_running_process_is_refused() {
    let volumes = Volumes::with_store(2, &PLACES);
    let first = LockedVolume::enter(volumes.gang(0, 2, &PLACES)).unwrap();
    let refusal = LockedVolume::enter(volumes.gang(0, 2, &PLACES))
        .map(drop)
        .unwrap_err();
    assert!(refusal.is_busy() && !refusal.is_refused(), "{refusal}");
    drop(first);
    drop(LockedVolume::enter(volumes.gang(0, 2, &PLACES)).unwrap());
}

#[rstest]
#[case::change_number(9, 1)]
#[case::start(1, 9)]
fn pod_with_an_older_number_changes_nothing(#[case] change_number: u64, #[case] start: u64) {
    let volumes = Volumes::with_store(2, &PLACES);
    volumes.write_header(0, change_number, start);
    let (kinds, text) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [FaultKind::Stale]);
    assert!(text.contains("a newer pod is responsible"), "{text}");
}

#[test]
fn newer_numbers_in_a_passport_are_refused() {
    let volumes = Volumes::with_store(2, &PLACES);
    let mut spec = volumes.gang(0, 2, &PLACES);
    spec.start = 5;
    LockedVolume::enter(spec)
        .unwrap()
        .begin(&beginning(5))
        .unwrap();
    volumes.write_header(0, 1, 0);
    volumes.sql(0, 2, "UPDATE waxrun SET step = 4");
    let (kinds, text) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [FaultKind::Stale; 3], "{text}");
}

#[test]
fn copied_volume_and_foreign_store_are_refused() {
    let volumes = Volumes::with_store(2, &PLACES);
    let mut spec = volumes.gang(0, 2, &PLACES);
    spec.claims[0] = "made-anew".parse().unwrap();
    let (kinds, text) = refused(spec);
    assert_eq!(kinds, [FaultKind::Foreign]);
    assert!(
        text.contains("copied from the PVC with UID claim-0"),
        "{text}"
    );
    let mut spec = volumes.gang(0, 2, &PLACES);
    spec.store = "00000000-4c39-4a2b-9a5e-0d6b9f3f4f10".parse().unwrap();
    let (kinds, _) = refused(spec);
    assert_eq!(kinds, [FaultKind::Foreign; 3]);
}

#[test]
fn all_misplaced_files_are_reported_together() {
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
    let refusal = LockedVolume::enter(volumes.gang(0, 2, &PLACES))
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
#[case::other_timeline("UPDATE waxrun SET timeline = '2-0a1b2c3d'", FaultKind::WrongTimeline)]
#[case::other_count("UPDATE parts SET part_count = 4", FaultKind::Foreign)]
#[case::newer_passport("UPDATE waxrun SET format = 2", FaultKind::NewerFormat)]
#[case::damaged_passport("UPDATE waxrun SET store = 'x'", FaultKind::Unreadable)]
#[case::no_passport("DROP TABLE waxrun", FaultKind::Foreign)]
#[case::no_identity("DROP TABLE parts", FaultKind::Stray)]
#[case::other_engine("PRAGMA user_version = 9", FaultKind::OtherEngine)]
#[case::other_index("UPDATE parts SET part_index = 1", FaultKind::Foreign)]
fn partition_that_does_not_match_is_refused(#[case] sql: &str, #[case] kind: FaultKind) {
    let volumes = Volumes::with_store(2, &PLACES);
    volumes.sql(0, 2, sql);
    let (kinds, text) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [kind], "{text}");
    assert!(
        text.starts_with("part-2.sqlite3 on volume 0 (PVC UID claim-0): "),
        "{text}"
    );
    assert!(text.contains("; "), "{text}");
}

#[test]
fn damaged_file_is_refused() {
    let volumes = Volumes::with_store(2, &PLACES);
    fs::write(volumes.file(0, "part-2.sqlite3"), "x".repeat(9000)).unwrap();
    let (kinds, _) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [FaultKind::Unreadable]);
}

#[test]
fn partition_of_interrupted_change_asks_for_it() {
    let volumes = Volumes::with_store(2, &PLACES);
    fs::rename(
        volumes.file(0, "part-2.sqlite3"),
        volumes.file(0, "part-2.7.retired"),
    )
    .unwrap();
    let (kinds, text) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [FaultKind::Unfinished]);
    assert!(
        text.contains("store change 7 did not complete; run it again"),
        "{text}"
    );
}

#[test]
fn partitions_without_volume_header_are_refused() {
    let volumes = Volumes::with_store(2, &PLACES);
    fs::remove_file(volumes.volume(0).header_path()).unwrap();
    let (kinds, _) = refused(volumes.gang(0, 2, &PLACES));
    assert_eq!(kinds, [FaultKind::Foreign]);
}

#[test]
fn foreign_wal_is_refused_before_sqlite_reads_it() {
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
    let shared = |ordinal, start| StoreSpec {
        folder: volumes.volume(0).folder,
        claims: vec![claim(0)],
        shared: true,
        start,
        ..volumes.gang(ordinal, 2, &[0, 0, 0])
    };
    let first = LockedVolume::enter(shared(0, 1)).unwrap();
    let second = LockedVolume::enter(shared(1, 1)).unwrap();
    let indexes = |locked: &LockedVolume| -> Vec<_> {
        let facts = locked.offer().unwrap();
        facts.iter().map(|facts| facts.index).collect()
    };
    assert_eq!((indexes(&first), indexes(&second)), (vec![0, 2], vec![1]));
    // A gang of one process starts while the second process of the old gang still runs.
    drop(first);
    let alone = StoreSpec {
        processes: 1,
        ..shared(0, 2)
    };
    assert!(LockedVolume::enter(alone.clone()).unwrap_err().is_busy());
    drop(second);
    let newer = LockedVolume::enter(alone).unwrap();
    let refusal = LockedVolume::enter(shared(1, 1)).unwrap_err();
    assert!(refusal.is_refused(), "{refusal}");
    drop(newer);
}

#[test]
fn partition_of_an_older_timeline_names_both_timelines() {
    let volumes = Volumes::with_store(2, &PLACES);
    let mut spec = volumes.gang(0, 2, &PLACES);
    spec.timeline = timeline(2);
    let (kinds, text) = refused(spec);
    assert_eq!(kinds, [FaultKind::WrongTimeline; 2]);
    assert!(
        text.contains("belongs to timeline 1-0a1b2c3d, but the store is on timeline 2-0a1b2c3d"),
        "{text}"
    );
    drop(Partition::open(&volumes.file(0, "part-0.sqlite3")).unwrap());
}
