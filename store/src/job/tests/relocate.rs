use super::*;

const BEFORE: [u32; 3] = [0, 1, 2];
const AFTER: [u32; 3] = [0, 0, 1];

fn change() -> Change {
    Change::Move {
        before: placement(&BEFORE),
        parent: timeline(1),
    }
}

/// A store of three partitions on three volumes whose engines were killed.
fn killed() -> fixture::Volumes {
    let volumes = fixture::Volumes::with_store(3, &BEFORE);
    for (index, ordinal) in placement(&BEFORE).iter() {
        volumes.run_and_kill(ordinal, index);
    }
    volumes
}

fn orders(volumes: &fixture::Volumes) -> JobOrders {
    job(volumes, 0..3, &AFTER, change())
}

#[test]
fn a_move_brings_every_row_to_its_new_place() {
    let volumes = killed();
    let before = volumes.rows(&BEFORE);
    assert_eq!(run(&orders(&volumes)).unwrap(), Done::Changed);
    assert!(holds(&volumes, 2, &AFTER, 1));
    assert_eq!(volumes.rows(&AFTER), before);
    assert!(before.len() > 10);
    assert_eq!(run(&orders(&volumes)).unwrap(), Done::Already);
    assert_eq!(volumes.rows(&AFTER), before);
}

#[test]
fn a_move_killed_anywhere_leaves_the_old_set_or_goes_on_to_the_new_one() {
    let volumes = killed();
    let before = volumes.rows(&BEFORE);
    let moments = moments(&volumes, &orders(&volumes));
    assert_durable_in_order(&moments);
    let mut old = 0;
    for Moment { volumes, next } in &moments {
        let orders = at(volumes, &orders(volumes));
        let probe = volumes.copy();
        let is_old = holds(&probe, 3, &BEFORE, 1);
        let is_new = holds(&probe, 2, &AFTER, 1);
        assert!(!(is_old && is_new), "{next:?}");
        if is_old {
            old += 1;
            assert_eq!(probe.rows(&BEFORE), before, "{next:?}");
            // The old gang may run once more before the job does; that must not be lost.
            volumes.run_and_kill(1, 1);
        }
        let expected = if is_old {
            volumes.rows(&BEFORE)
        } else {
            before.clone()
        };
        run(&orders).unwrap_or_else(|refusal| panic!("{next:?}: {refusal}"));
        assert_eq!(volumes.rows(&AFTER), expected, "{next:?}");
        assert!(holds(volumes, 2, &AFTER, 1), "{next:?}");
    }
    assert!(
        old > 20 && moments.len() - old > 5,
        "{old} of {}",
        moments.len()
    );
}

#[test]
fn a_killed_move_can_be_killed_again() {
    let volumes = killed();
    let before = volumes.rows(&BEFORE);
    for first in moments(&volumes, &orders(&volumes)).iter().step_by(11) {
        let orders = at(&first.volumes, &orders(&first.volumes));
        for second in moments(&first.volumes, &orders).iter().step_by(13) {
            run(&at(&second.volumes, &orders)).unwrap();
            assert_eq!(second.volumes.rows(&AFTER), before);
        }
    }
}

#[test]
fn a_log_that_lies_where_a_partition_is_to_come_stops_the_move_before_anything_changes() {
    let volumes = killed();
    let rows = volumes.rows(&BEFORE);
    fs::write(volumes.file(0, "part-1.sqlite3-wal"), "old").unwrap();
    let refusal = run(&orders(&volumes)).unwrap_err();
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
fn a_log_planted_in_the_middle_of_a_move_stops_it_until_it_is_gone() {
    let volumes = killed();
    let before = volumes.rows(&BEFORE);
    let mut stopped = 0;
    for Moment { volumes, next } in &moments(&volumes, &orders(&volumes)) {
        let planted = volumes.file(0, "part-1.sqlite3-wal");
        if volumes.file(0, "part-1.sqlite3").exists() {
            continue;
        }
        fs::write(&planted, "old").unwrap();
        let orders = at(volumes, &orders(volumes));
        let refusal = run(&orders).unwrap_err();
        assert!(
            refusal.to_string().contains("part-1.sqlite3-wal"),
            "{next:?}: {refusal}"
        );
        stopped += 1;
        fs::remove_file(&planted).unwrap();
        run(&orders).unwrap();
        assert_eq!(volumes.rows(&AFTER), before, "{next:?}");
    }
    assert!(stopped > 20);
}

/// The next step after a move: back to where the partitions were.
fn back(there: &JobOrders) -> JobOrders {
    JobOrders {
        step: 3,
        placement: placement(&BEFORE),
        change: Change::Move {
            before: placement(&AFTER),
            parent: timeline(1),
        },
        ..there.clone()
    }
}

#[test]
fn up_and_down_and_up_again_is_exact() {
    let volumes = killed();
    let before = volumes.rows(&BEFORE);
    let there = orders(&volumes);
    run(&there).unwrap();
    let back = back(&there);
    run(&back).unwrap();
    run(&JobOrders {
        step: 4,
        ..there.clone()
    })
    .unwrap();
    assert_eq!(volumes.rows(&AFTER), before);
    // The first job again, woken up late.
    let refusal = run(&there).unwrap_err();
    assert!(refusal.to_string().contains("has seen step 4"), "{refusal}");
    assert_eq!(volumes.rows(&AFTER), before);
}

#[test]
fn an_older_job_that_was_not_finished_is_asked_for_and_not_papered_over() {
    let volumes = killed();
    let all = moments(&volumes, &orders(&volumes));
    let in_the_middle = all
        .iter()
        .find(|moment| moment.volumes.file(1, "part-1.2.retired").exists())
        .unwrap();
    let newer = JobOrders {
        step: 3,
        ..at(&in_the_middle.volumes, &orders(&in_the_middle.volumes))
    };
    let refusal = run(&newer).unwrap_err();
    assert!(
        refusal.to_string().contains("step 2 did not end"),
        "{refusal}"
    );
}

#[test]
fn a_move_waits_for_no_one() {
    let volumes = killed();
    let mut gang = volumes.gang(1, 3, &BEFORE);
    gang.step = 2;
    let member = Member::enter(gang).unwrap();
    assert!(run(&orders(&volumes)).unwrap_err().is_busy());
    drop(member);
    run(&orders(&volumes)).unwrap();
}

#[rstest]
#[case::missing("part-1.sqlite3", FaultKind::Missing)]
#[case::damaged("part-1.sqlite3", FaultKind::Unreadable)]
fn a_store_that_is_not_whole_is_not_moved(#[case] name: &str, #[case] kind: FaultKind) {
    let volumes = fixture::Volumes::with_store(3, &BEFORE);
    match kind {
        FaultKind::Missing => fs::remove_file(volumes.file(1, name)).unwrap(),
        _ => fs::write(volumes.file(1, name), "x".repeat(5000)).unwrap(),
    }
    let Refusal::Faults(faults) = run(&orders(&volumes)).unwrap_err() else {
        panic!("refused for another reason")
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
fn an_incoming_file_that_was_damaged_before_the_flip_went_on_is_not_used() {
    let volumes = killed();
    let all = moments(&volumes, &orders(&volumes));
    let in_the_middle = all
        .iter()
        .find(|moment| moment.volumes.file(2, "part-2.2.retired").exists())
        .unwrap();
    let incoming = in_the_middle.volumes.file(1, "part-2.2.incoming");
    let mut bytes = fs::read(&incoming).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&incoming, bytes).unwrap();
    let orders = at(&in_the_middle.volumes, &orders(&in_the_middle.volumes));
    let refusal = run(&orders).unwrap_err();
    assert!(refusal.to_string().contains("no longer whole"), "{refusal}");
}

#[test]
fn a_partition_keeps_its_passport_but_for_the_step() {
    let volumes = killed();
    let path = |ordinal, index| volumes.volume(ordinal).partition(index);
    let old = Partition::look(&path(2, 2)).unwrap().passport().unwrap();
    run(&orders(&volumes)).unwrap();
    let new = Partition::look(&path(1, 2)).unwrap().passport().unwrap();
    assert_eq!(new, crate::partition::Passport { step: 2, ..old });
    assert!(!companion(&path(1, 2), "-wal").exists());
}

#[test]
fn files_out_of_use_stay_until_a_gang_has_got_on_without_them() {
    let volumes = killed();
    let there = orders(&volumes);
    run(&there).unwrap();
    let back = back(&there);
    let retired = |volumes: &fixture::Volumes| -> Vec<u64> {
        let files = (0..3).flat_map(|ordinal| volumes.volume(ordinal).contents().unwrap().retired);
        files.map(|file| file.step).collect()
    };
    // Nobody has run on the moved files: they may yet be no good.
    let unproven = volumes.copy();
    run(&at(&unproven, &back)).unwrap();
    assert_eq!(retired(&unproven), [3, 2, 3, 2]);
    // A gang has run, and come further than where it began.
    for (index, ordinal) in placement(&AFTER).iter() {
        let sql = "UPDATE waxrun SET start = 2, round = 'r', execution = 0, resume_epoch = 1,
                   snapshot_interval = 1, backup_interval = 0";
        volumes.sql(ordinal, index, sql);
    }
    volumes.sql(0, 0, "INSERT INTO exs VALUES ('then', 0, 1, 1)");
    let later = JobOrders { start: 2, ..back };
    let stood_still = volumes.copy();
    run(&at(&stood_still, &later)).unwrap();
    assert_eq!(retired(&stood_still), [3, 2, 3, 2]);
    volumes.sql(1, 2, "INSERT INTO fronts VALUES ('then', 0, 0, 2)");
    run(&later).unwrap();
    assert_eq!(retired(&volumes), [3, 3]);
    for ordinal in 0..3 {
        sweep::remove(&mut Disk::new(), &volumes.volume(ordinal), |step| step <= 3).unwrap();
    }
    assert_eq!(retired(&volumes), Vec::<u64>::new());
    assert_eq!(run(&later).unwrap(), Done::Already);
}
