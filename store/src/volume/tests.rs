use std::{collections::BTreeSet, fs};

use crate::{
    disk::Disk,
    fixture::{Volumes, store},
};

use super::*;

#[test]
fn files_are_sorted_by_name() {
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
    let file = |change_number, index| {
        BTreeSet::from([ChangeFile {
            change_number,
            index,
        }])
    };
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
        volume.incoming(ChangeFile {
            change_number: 12,
            index: 3
        }),
        volumes.file(0, "part-3.12.incoming")
    );
    assert_eq!(
        volume.retired(ChangeFile {
            change_number: 9,
            index: 3
        }),
        volumes.file(0, "part-3.9.retired")
    );
    assert_eq!(volume.plan(12), volumes.file(0, ".waxrun-plan-12.json"));
}

#[test]
fn header_write_is_atomic_at_every_crash_point() {
    let volumes = Volumes::empty(1);
    let volume = volumes.volume(0);
    assert_eq!(volume.header().unwrap(), None);
    volumes.write_header(0, 3, 4);
    let old = volume.header().unwrap().unwrap();
    assert_eq!((old.change_number, old.start), (3, 4));
    let new = VolumeHeader {
        change_number: 9,
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
        let written = volume.write_header(&mut Disk::watched(&mut watch), &store(), 9, 4);
        let found = volume.header().unwrap().unwrap();
        assert!(found == old || found == new, "{point}: {found:?}");
        if written.is_ok() {
            assert_eq!((found, point), (new, 5));
            break;
        }
    }
}

#[test]
fn damaged_or_newer_header_is_refused() {
    let volumes = Volumes::empty(1);
    let volume = volumes.volume(0);
    fs::write(volume.header_path(), r#"{"v":2,"more":true}"#).unwrap();
    assert!(matches!(
        volume.header(),
        Err(HeaderError::NewerFormat { found: 2 })
    ));
    fs::write(volume.header_path(), r#"{"v":1}"#).unwrap();
    assert!(matches!(volume.header(), Err(HeaderError::Damaged(_))));
    fs::write(volume.header_path(), "").unwrap();
    assert!(matches!(volume.header(), Err(HeaderError::Damaged(_))));
}
