use std::{collections::BTreeSet, fs};

use crate::{
    disk::Disk,
    fixture::{Volumes, store},
};

use super::*;

#[test]
fn names_are_told_apart() {
    let volumes = Volumes::empty(1);
    let volume = volumes.volume(0);
    assert!(volume.contents().unwrap().is_untouched());
    for name in [
        "part-0.sqlite3",
        "part-0.sqlite3-wal",
        "part-0.sqlite3-shm",
        "part-7.sqlite3-wal",
        "part-01.sqlite3",
        "copy of part-0.sqlite3",
        "part-3.12.incoming",
        "part-3.12.incoming-journal",
        "part-4.12.incoming-journal",
        "part-3.9.retired",
        ".waxrun-plan-12.json",
        ".waxrun-volume.json.new",
        ".waxrun.lock",
        "notes.txt",
        ".sqlite3",
    ] {
        fs::write(volumes.file(0, name), "").unwrap();
    }
    let file = |step, index| BTreeSet::from([JobFile { step, index }]);
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect();
    assert_eq!(
        volume.contents().unwrap(),
        Contents {
            partitions: BTreeSet::from([0]),
            strays: names(&["copy of part-0.sqlite3", "part-01.sqlite3"]),
            leftovers: names(&["part-7.sqlite3-wal"]),
            incoming: file(12, 3),
            retired: file(9, 3),
            plans: BTreeSet::from([12]),
            scraps: names(&["part-4.12.incoming-journal", ".waxrun-volume.json.new"]),
        }
    );
    assert_eq!(
        volume.incoming(JobFile { step: 12, index: 3 }),
        volumes.file(0, "part-3.12.incoming")
    );
    assert_eq!(
        volume.retired(JobFile { step: 9, index: 3 }),
        volumes.file(0, "part-3.9.retired")
    );
    assert_eq!(volume.plan(12), volumes.file(0, ".waxrun-plan-12.json"));
}

#[test]
fn a_record_is_read_back_and_only_ever_whole() {
    let volumes = Volumes::empty(1);
    let volume = volumes.volume(0);
    assert_eq!(volume.record().unwrap(), None);
    volumes.write_record(0, 3, 4);
    let old = volume.record().unwrap().unwrap();
    assert_eq!((old.step, old.start), (3, 4));
    let new = Record {
        step: 9,
        ..old.clone()
    };
    for point in 0.. {
        let mut passed = 0;
        let mut watch = |_: &crate::disk::Operation| {
            passed += 1;
            if passed > point {
                return Err(std::io::Error::other("end"));
            }
            Ok(())
        };
        let written = volume.note(&mut Disk::watched(&mut watch), &store(), 9, 4);
        let found = volume.record().unwrap().unwrap();
        assert!(found == old || found == new, "{point}: {found:?}");
        if written.is_ok() {
            assert_eq!((found, point), (new, 5));
            break;
        }
    }
}

#[test]
fn a_damaged_or_newer_record_is_refused() {
    let volumes = Volumes::empty(1);
    let volume = volumes.volume(0);
    fs::write(volume.record_path(), r#"{"v":2,"more":true}"#).unwrap();
    assert!(matches!(
        volume.record(),
        Err(RecordError::NewerFormat { found: 2 })
    ));
    fs::write(volume.record_path(), r#"{"v":1}"#).unwrap();
    assert!(matches!(volume.record(), Err(RecordError::Damaged(_))));
    fs::write(volume.record_path(), "").unwrap();
    assert!(matches!(volume.record(), Err(RecordError::Damaged(_))));
}
