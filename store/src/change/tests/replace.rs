use crate::{
    cut::ManifestFacts,
    partition::{LastStart, PartitionFacts},
    resume,
    spec::{Intervals, Source},
};

use super::*;

const PLACES: [u32; 3] = [0, 1, 0];
const AFTER: [u32; 2] = [1, 0];

/// Returns a store in execution 4, with a snapshot of one key for each epoch from 10 to 19.
fn used() -> fixture::Volumes {
    let volumes = fixture::Volumes::with_store(2, &PLACES);
    for (index, ordinal) in placement(&PLACES).iter() {
        for epoch in 10..20 {
            let sql = format!(
                "INSERT INTO snaps VALUES ('then', 'flow.s', 'key-{index}', {epoch}, x'00')"
            );
            volumes.sql(ordinal, index, &sql);
        }
        volumes.sql(
            ordinal,
            index,
            &format!("INSERT INTO commits VALUES ('then', {index}, 9)"),
        );
        let path = volumes.volume(ordinal).partition(index);
        let mut partition = Partition::open(&path).unwrap();
        let passport = crate::partition::Passport {
            last_start: Some(LastStart {
                start: 1,
                round: "r".into(),
                execution: 4,
                resume_epoch: 8,
                intervals: Intervals::new(1, 20).unwrap(),
            }),
            ..partition.passport().unwrap()
        };
        partition.issue(&passport).unwrap();
    }
    volumes.sql(1, 1, "INSERT INTO exs VALUES ('then', 4, 1, 8)");
    volumes
}

/// Returns a spec that restores the copies, which were taken at these frontiers of the gang.
fn restore(
    volumes: &fixture::Volumes,
    copies: &fixture::Volumes,
    frontiers: [u64; 3],
) -> ChangeSpec {
    let places = placement(&PLACES);
    let sources = places.iter().zip(frontiers);
    let sources = sources.map(|((index, ordinal), frontier)| Source {
        path: copies.volume(ordinal).partition(index),
        frontier: Some(frontier),
    });
    let change = Change::Restore {
        sources: sources.collect(),
        manifest_facts: ManifestFacts::default(),
        from: timeline(1),
    };
    ChangeSpec {
        timeline: timeline(2),
        ..change_spec(volumes, 0..2, &AFTER, change)
    }
}

fn facts(volumes: &fixture::Volumes, places: &[u32]) -> Vec<PartitionFacts> {
    let all = placement(places);
    let facts = all.iter().map(|(index, ordinal)| {
        let path = volumes.volume(ordinal).partition(index);
        Partition::open_read_only(&path).unwrap().facts().unwrap()
    });
    facts.collect()
}

/// Returns the epochs of each key's snapshots.
fn epochs(volumes: &fixture::Volumes, places: &[u32]) -> BTreeSet<(String, u64)> {
    let mut epochs = BTreeSet::new();
    let copy = volumes.copy();
    for (index, ordinal) in placement(places).iter() {
        let path = copy.volume(ordinal).partition(index);
        let connection = rusqlite::Connection::open(path).unwrap();
        let mut all = connection
            .prepare("SELECT state_key, snap_epoch FROM snaps")
            .unwrap();
        let rows = all
            .query_map((), |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        epochs.extend(rows.map(Result::unwrap));
    }
    epochs
}

fn cut_at(epoch: u64) -> BTreeSet<(String, u64)> {
    (0..3)
        .flat_map(|key| (10..epoch).map(move |epoch| (format!("key-{key}"), epoch)))
        .collect()
}

#[test]
fn copies_of_several_epochs_become_one_epoch() {
    let (source, target) = (used(), fixture::Volumes::empty(2));
    let spec = restore(&target, &source, [19, 15, 17]);
    assert_eq!(run(&spec).unwrap(), Done::Changed);
    assert!(holds(&target.copy(), 2, &AFTER, 2));
    assert_eq!(epochs(&target, &AFTER), cut_at(15));
    let resumed = resume::agree(&facts(&target, &AFTER), 2, &store(), &timeline(2)).unwrap();
    assert_eq!((resumed.execution, resumed.epoch), (6, 15));
    assert_eq!(run(&spec).unwrap(), Done::Already);
}

#[test]
fn copies_too_far_apart_are_refused_unchanged() {
    let (source, target) = (used(), used());
    let refusal = run(&restore(&target, &source, [19, 9, 17])).unwrap_err();
    assert!(refusal.is_refused());
    assert!(
        refusal.to_string().contains(
            "partition 1 is complete only up to epoch 8, and partition 2 has collected \
                       up to epoch 9"
        ),
        "{refusal}"
    );
    assert!(holds(&target, 2, &PLACES, 1));
}

#[test]
fn crashed_restore_over_damaged_volume_completes() {
    let (source, target) = (used(), used());
    fs::write(target.file(0, "part-2.sqlite3"), "x".repeat(5000)).unwrap();
    fs::write(target.file(0, "part-2.sqlite3-wal"), "x").unwrap();
    target.run_and_kill(0, 0);
    let spec = restore(&target, &source, [19, 15, 17]);
    let crash_points = crash_points(&target, &spec);
    assert_durable_except(
        &crash_points,
        &["part-2.sqlite3", "part-2.sqlite3-wal", "part-2.sqlite3-shm"],
    );
    for CrashPoint { volumes, next } in &crash_points {
        let is_new = holds(&volumes.copy(), 2, &AFTER, 2);
        run(&at(volumes, &spec)).unwrap_or_else(|refusal| panic!("{next:?}: {refusal}"));
        assert_eq!(epochs(volumes, &AFTER), cut_at(15), "{next:?}");
        assert!(holds(volumes, 2, &AFTER, 2), "{next:?}");
        assert!(
            !is_new || matches!(next, Operation::SyncFolder(_)),
            "{next:?}"
        );
    }
    assert!(target.file(0, "part-2.2.retired").exists());
    assert!(target.file(0, "part-2.2.retired-wal").exists());
}

#[test]
fn reset_creates_empty_store_on_new_timeline() {
    let volumes = used();
    let change = Change::Reset {
        from: Some(timeline(1)),
    };
    let spec = ChangeSpec {
        timeline: timeline(2),
        ..change_spec(&volumes, 0..2, &AFTER, change)
    };
    let crash_points = crash_points(&volumes, &spec);
    for CrashPoint { volumes, next } in &crash_points {
        run(&at(volumes, &spec)).unwrap_or_else(|refusal| panic!("{next:?}: {refusal}"));
        assert_eq!(epochs(volumes, &AFTER), BTreeSet::new(), "{next:?}");
        let resumed = resume::agree(&facts(volumes, &AFTER), 2, &store(), &timeline(2)).unwrap();
        assert_eq!((resumed.execution, resumed.epoch), (0, 1));
    }
    // A pod of the old gang finds another timeline and is refused.
    assert!(!holds(&volumes, 2, &PLACES, 1));
    assert_eq!(volumes.volume(0).contents().unwrap().retired.len(), 2);
}

#[test]
fn foreign_volume_or_leftover_wal_is_not_replaced() {
    let source = used();
    let target = fixture::Volumes::empty(2);
    fs::write(target.file(0, "part-0.sqlite3"), "x").unwrap();
    let refusal = run(&restore(&target, &source, [19; 3])).unwrap_err();
    assert!(
        refusal.to_string().contains("no volume header"),
        "{refusal}"
    );
    let target = used();
    fs::write(target.file(1, "part-0.sqlite3-wal"), "x").unwrap();
    let refusal = run(&restore(&target, &source, [19; 3])).unwrap_err();
    assert!(
        refusal
            .to_string()
            .contains("part-0.sqlite3-wal on volume 1"),
        "{refusal}"
    );
    fs::remove_file(target.file(1, "part-0.sqlite3-wal")).unwrap();
    assert!(holds(&target, 2, &PLACES, 1));
}
