use super::*;

const BEFORE: [u32; 3] = [0, 1, 2];
const AFTER: [u32; 3] = [0, 0, 1];

fn change() -> Change {
    Change::Move {
        before: placement(&BEFORE),
        parent: timeline(1),
    }
}

/// Returns a store of three partitions on three volumes whose engines were killed.
fn killed() -> fixture::Volumes {
    let volumes = fixture::Volumes::with_store(3, &BEFORE);
    for (index, ordinal) in placement(&BEFORE).iter() {
        volumes.run_and_kill(ordinal, index);
    }
    volumes
}

fn spec(volumes: &fixture::Volumes) -> ChangeSpec {
    change_spec(volumes, 0..3, &AFTER, change())
}

#[test]
fn move_keeps_every_row() {
    let volumes = killed();
    let before = volumes.rows(&BEFORE);
    assert_eq!(run(&spec(&volumes)).unwrap(), Done::Changed);
    assert!(holds(&volumes, 2, &AFTER, 1));
    assert_eq!(volumes.rows(&AFTER), before);
    assert!(before.len() > 10);
    assert_eq!(run(&spec(&volumes)).unwrap(), Done::Already);
    assert_eq!(volumes.rows(&AFTER), before);
}

#[test]
fn crashed_move_keeps_old_set_or_completes() {
    let volumes = killed();
    let before = volumes.rows(&BEFORE);
    let crash_points = crash_points(&volumes, &spec(&volumes));
    assert_durable_in_order(&crash_points);
    let mut old = 0;
    for CrashPoint { volumes, next } in &crash_points {
        let spec = at(volumes, &spec(volumes));
        let probe = volumes.copy();
        let is_old = holds(&probe, 3, &BEFORE, 1);
        let is_new = holds(&probe, 2, &AFTER, 1);
        assert!(!(is_old && is_new), "{next:?}");
        if is_old {
            old += 1;
            assert_eq!(probe.rows(&BEFORE), before, "{next:?}");
            // The old gang may run again before the store change does; its rows must not be lost.
            volumes.run_and_kill(1, 1);
        }
        let expected = if is_old {
            volumes.rows(&BEFORE)
        } else {
            before.clone()
        };
        run(&spec).unwrap_or_else(|refusal| panic!("{next:?}: {refusal}"));
        assert_eq!(volumes.rows(&AFTER), expected, "{next:?}");
        assert!(holds(volumes, 2, &AFTER, 1), "{next:?}");
    }
    assert!(
        old > 20 && crash_points.len() - old > 5,
        "{old} of {}",
        crash_points.len()
    );
}

#[test]
fn move_completes_after_two_crashes() {
    let volumes = killed();
    let before = volumes.rows(&BEFORE);
    for first in crash_points(&volumes, &spec(&volumes)).iter().step_by(11) {
        let spec = at(&first.volumes, &spec(&first.volumes));
        for second in crash_points(&first.volumes, &spec).iter().step_by(13) {
            run(&at(&second.volumes, &spec)).unwrap();
            assert_eq!(second.volumes.rows(&AFTER), before);
        }
    }
}

#[test]
fn leftover_wal_at_the_target_stops_move_unchanged() {
    let volumes = killed();
    let rows = volumes.rows(&BEFORE);
    fs::write(volumes.file(0, "part-1.sqlite3-wal"), "old").unwrap();
    let refusal = run(&spec(&volumes)).unwrap_err();
    assert!(
        refusal
            .to_string()
            .contains("part-1.sqlite3-wal on volume 0"),
        "{refusal}"
    );
    fs::remove_file(volumes.file(0, "part-1.sqlite3-wal")).unwrap();
    assert!(holds(&volumes, 3, &BEFORE, 1));
    assert_eq!(volumes.rows(&BEFORE), rows);
}

#[test]
fn leftover_wal_at_any_crash_point_stops_move() {
    let volumes = killed();
    let before = volumes.rows(&BEFORE);
    let mut stopped = 0;
    for CrashPoint { volumes, next } in &crash_points(&volumes, &spec(&volumes)) {
        let leftover = volumes.file(0, "part-1.sqlite3-wal");
        if volumes.file(0, "part-1.sqlite3").exists() {
            continue;
        }
        fs::write(&leftover, "old").unwrap();
        let spec = at(volumes, &spec(volumes));
        let refusal = run(&spec).unwrap_err();
        assert!(
            refusal.to_string().contains("part-1.sqlite3-wal"),
            "{next:?}: {refusal}"
        );
        stopped += 1;
        fs::remove_file(&leftover).unwrap();
        run(&spec).unwrap();
        assert_eq!(volumes.rows(&AFTER), before, "{next:?}");
    }
    assert!(stopped > 20);
}

/// Returns the store change after a move: back to the placement before.
fn back(there: &ChangeSpec) -> ChangeSpec {
    ChangeSpec {
        change_number: 3,
        placement: placement(&BEFORE),
        change: Change::Move {
            before: placement(&AFTER),
            parent: timeline(1),
        },
        ..there.clone()
    }
}

#[test]
fn move_back_and_forth_keeps_every_row() {
    let volumes = killed();
    let before = volumes.rows(&BEFORE);
    let there = spec(&volumes);
    run(&there).unwrap();
    let back = back(&there);
    run(&back).unwrap();
    run(&ChangeSpec {
        change_number: 4,
        ..there.clone()
    })
    .unwrap();
    assert_eq!(volumes.rows(&AFTER), before);
    // The pod of the first change continues late.
    let refusal = run(&there).unwrap_err();
    assert!(
        refusal
            .to_string()
            .contains("store change 4 has already begun"),
        "{refusal}"
    );
    assert_eq!(volumes.rows(&AFTER), before);
}

#[test]
fn move_is_refused_after_an_incomplete_change() {
    let volumes = killed();
    let all = crash_points(&volumes, &spec(&volumes));
    let in_the_middle = all
        .iter()
        .find(|point| point.volumes.file(1, "part-1.2.retired").exists())
        .unwrap();
    let newer = ChangeSpec {
        change_number: 3,
        ..at(&in_the_middle.volumes, &spec(&in_the_middle.volumes))
    };
    let refusal = run(&newer).unwrap_err();
    assert!(
        refusal
            .to_string()
            .contains("store change 2 did not complete"),
        "{refusal}"
    );
}

#[test]
fn move_is_refused_while_a_gang_runs() {
    let volumes = killed();
    let mut gang = volumes.gang(1, 3, &BEFORE);
    gang.change_number = 2;
    let locked = LockedVolume::enter(gang).unwrap();
    assert!(run(&spec(&volumes)).unwrap_err().is_busy());
    drop(locked);
    run(&spec(&volumes)).unwrap();
}

#[rstest]
#[case::missing("part-1.sqlite3", FaultKind::Missing)]
#[case::damaged("part-1.sqlite3", FaultKind::Unreadable)]
fn incomplete_store_is_not_moved(#[case] name: &str, #[case] kind: FaultKind) {
    let volumes = fixture::Volumes::with_store(3, &BEFORE);
    match kind {
        FaultKind::Missing => fs::remove_file(volumes.file(1, name)).unwrap(),
        _ => fs::write(volumes.file(1, name), "x".repeat(5000)).unwrap(),
    }
    let Refusal::Faults(faults) = run(&spec(&volumes)).unwrap_err() else {
        panic!("the refusal has another reason")
    };
    assert_eq!(
        faults.iter().map(|fault| fault.kind).collect::<Vec<_>>(),
        [kind]
    );
    assert!(volumes.file(2, "part-2.sqlite3").exists());
    assert_eq!(
        volumes.volume(0).contents().unwrap().incoming,
        BTreeSet::new()
    );
}

#[test]
fn incoming_file_damaged_during_the_swap_is_refused() {
    let volumes = killed();
    let all = crash_points(&volumes, &spec(&volumes));
    let in_the_middle = all
        .iter()
        .find(|point| point.volumes.file(2, "part-2.2.retired").exists())
        .unwrap();
    let incoming = in_the_middle.volumes.file(1, "part-2.2.incoming");
    let mut bytes = fs::read(&incoming).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&incoming, bytes).unwrap();
    let spec = at(&in_the_middle.volumes, &spec(&in_the_middle.volumes));
    let refusal = run(&spec).unwrap_err();
    assert!(
        refusal.to_string().contains("no longer intact"),
        "{refusal}"
    );
}

#[test]
fn moved_partition_keeps_its_passport_except_change_number() {
    let volumes = killed();
    let path = |ordinal, index| volumes.volume(ordinal).partition(index);
    let old = Partition::open_read_only(&path(2, 2))
        .unwrap()
        .passport()
        .unwrap();
    run(&spec(&volumes)).unwrap();
    let new = Partition::open_read_only(&path(1, 2))
        .unwrap()
        .passport()
        .unwrap();
    assert_eq!(
        new,
        crate::partition::Passport {
            change_number: 2,
            ..old
        }
    );
    assert!(!companion(&path(1, 2), "-wal").exists());
}

#[test]
fn retired_files_are_removed_after_progress() {
    let volumes = killed();
    let there = spec(&volumes);
    run(&there).unwrap();
    let back = back(&there);
    let retired = |volumes: &fixture::Volumes| -> Vec<u64> {
        let files = (0..3).flat_map(|ordinal| volumes.volume(ordinal).contents().unwrap().retired);
        files.map(|file| file.change_number).collect()
    };
    // No gang has run on the moved files, so they may still be unusable.
    let unproven = volumes.copy();
    run(&at(&unproven, &back)).unwrap();
    assert_eq!(retired(&unproven), [3, 2, 3, 2]);
    // A gang has run, and progressed beyond its resume epoch.
    for (index, ordinal) in placement(&AFTER).iter() {
        let sql = "UPDATE waxrun SET start = 2, round = 'r', execution = 0, resume_epoch = 1,
                   snapshot_interval = 1, backup_interval = 0";
        volumes.sql(ordinal, index, sql);
    }
    volumes.sql(0, 0, "INSERT INTO exs VALUES ('then', 0, 1, 1)");
    let later = ChangeSpec { start: 2, ..back };
    let without_progress = volumes.copy();
    run(&at(&without_progress, &later)).unwrap();
    assert_eq!(retired(&without_progress), [3, 2, 3, 2]);
    volumes.sql(1, 2, "INSERT INTO fronts VALUES ('then', 0, 0, 2)");
    run(&later).unwrap();
    assert_eq!(retired(&volumes), [3, 3]);
    for ordinal in 0..3 {
        sweep::remove(
            &mut Disk::new(),
            &volumes.volume(ordinal),
            |change_number| change_number <= 3,
        )
        .unwrap();
    }
    assert_eq!(retired(&volumes), Vec::<u64>::new());
    assert_eq!(run(&later).unwrap(), Done::Already);
}
