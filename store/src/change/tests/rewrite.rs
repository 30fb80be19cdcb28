use proptest::prelude::*;

use crate::{partition::LastStart, resume, route};

use super::*;

const BEFORE: [u32; 3] = [0, 1, 0];
const AFTER: [u32; 5] = [1, 0, 1, 0, 1];

/// Returns a store as an engine with two workers leaves it, with each row in its partition.
fn used(keys: &[(String, u64)]) -> fixture::Volumes {
    let volumes = fixture::Volumes::with_store(2, &BEFORE);
    let count = u32::try_from(BEFORE.len()).unwrap();
    let insert = |index: u32, sql: &str| volumes.sql(BEFORE[index as usize], index, sql);
    for execution in 0..3 {
        let sql = format!(
            "INSERT INTO exs VALUES ('then', {execution}, 2, {})",
            execution + 1
        );
        insert(route::partition_of_execution(execution, count), &sql);
        for worker in 0..2 {
            let sql = format!("INSERT INTO fronts VALUES ('then', {execution}, {worker}, 9)");
            insert(route::partition_of_front(execution, worker, count), &sql);
        }
    }
    for (key, epoch) in keys {
        let step = if epoch % 2 == 0 {
            "flow.even"
        } else {
            "flow.odd"
        };
        let text = key.replace('\'', "''");
        let sql = format!(
            "INSERT OR IGNORE INTO snaps VALUES ('then', '{step}', '{text}', {epoch}, x'0{}')",
            epoch % 10
        );
        insert(route::partition_of_state(step, key, count), &sql);
    }
    let last = LastStart {
        start: 1,
        round: "r".into(),
        execution: 2,
        resume_epoch: 3,
        intervals: crate::spec::Intervals::new(1, 2).unwrap(),
    };
    for (index, ordinal) in placement(&BEFORE).iter() {
        insert(
            index,
            &format!(
                "INSERT INTO commits VALUES ('then', {index}, {})",
                5 + index
            ),
        );
        let mut partition = Partition::open(&volumes.volume(ordinal).partition(index)).unwrap();
        let passport = crate::partition::Passport {
            last_start: Some(last.clone()),
            ..partition.passport().unwrap()
        };
        partition.issue(&passport).unwrap();
    }
    volumes
}

fn some_keys() -> Vec<(String, u64)> {
    (0..20).map(|key| (format!("key-{key}"), key % 9)).collect()
}

fn repartition(volumes: &fixture::Volumes) -> ChangeSpec {
    let change = Change::Repartition {
        before: placement(&BEFORE),
        parent: timeline(1),
    };
    ChangeSpec {
        timeline: timeline(2),
        ..change_spec(volumes, 0..2, &AFTER, change)
    }
}

fn back(volumes: &fixture::Volumes) -> ChangeSpec {
    ChangeSpec {
        change_number: 3,
        timeline: timeline(3),
        placement: placement(&BEFORE),
        change: Change::Repartition {
            before: placement(&AFTER),
            parent: timeline(2),
        },
        ..repartition(volumes)
    }
}

/// Returns the state and progress of the store, independent of the partition of each row.
fn state(volumes: &fixture::Volumes, places: &[u32]) -> Vec<String> {
    let rows = volumes.rows(places).into_iter();
    let mut state: Vec<_> = rows
        .filter_map(|row| row.split_once(' ').map(|(_, row)| row.to_owned()))
        .filter(|row| !row.starts_with("parts") && !row.starts_with("commits"))
        .collect();
    state.sort();
    state
}

fn facts(volumes: &fixture::Volumes, places: &[u32]) -> Vec<PartitionFacts> {
    let all = placement(places);
    let facts = all.iter().map(|(index, ordinal)| {
        let path = volumes.volume(ordinal).partition(index);
        Partition::open_read_only(&path).unwrap().facts().unwrap()
    });
    facts.collect()
}

fn agreed(volumes: &fixture::Volumes, places: &[u32], number: u32) -> resume::Resume {
    let count = u32::try_from(places.len()).unwrap();
    resume::agree(&facts(volumes, places), count, &store(), &timeline(number)).unwrap()
}

#[test]
fn repartition_keeps_rows_and_resume_epoch() {
    let volumes = used(&some_keys());
    let (before, resume) = (state(&volumes, &BEFORE), agreed(&volumes, &BEFORE, 1));
    assert_eq!(run(&repartition(&volumes)).unwrap(), Done::Changed);
    assert!(holds(&volumes.copy(), 2, &AFTER, 2));
    assert_eq!(state(&volumes, &AFTER), before);
    assert_eq!(agreed(&volumes, &AFTER, 2), resume);
    for facts in facts(&volumes, &AFTER) {
        assert_eq!(facts.commit, Some(7));
        let branch = facts.passport.branch.unwrap();
        assert_eq!((branch.parent, branch.epoch), (timeline(1), 9));
    }
    assert_eq!(run(&repartition(&volumes)).unwrap(), Done::Already);
}

#[test]
fn crashed_repartition_keeps_old_set_or_completes() {
    let volumes = used(&some_keys());
    let before = state(&volumes, &BEFORE);
    let crash_points = crash_points(&volumes, &repartition(&volumes));
    assert_durable_in_order(&crash_points);
    let mut old = 0;
    for CrashPoint { volumes, next } in &crash_points {
        let probe = volumes.copy();
        let is_old = holds(&probe, 2, &BEFORE, 1);
        let is_new = holds(&probe, 2, &AFTER, 2);
        assert!(!(is_old && is_new), "{next:?}");
        if is_old {
            old += 1;
            assert_eq!(state(&probe, &BEFORE), before, "{next:?}");
        }
        run(&repartition(volumes)).unwrap_or_else(|refusal| panic!("{next:?}: {refusal}"));
        assert_eq!(state(volumes, &AFTER), before, "{next:?}");
        assert!(holds(volumes, 2, &AFTER, 2), "{next:?}");
    }
    assert!(
        old > 20 && crash_points.len() - old > 15,
        "{old} of {}",
        crash_points.len()
    );
}

#[test]
fn repartition_of_an_old_copy_is_refused() {
    let volumes = used(&some_keys());
    volumes.sql(1, 1, "UPDATE waxrun SET execution = 1");
    let refusal = run(&repartition(&volumes)).unwrap_err();
    assert!(
        refusal.to_string().contains("partition 1 is an old copy"),
        "{refusal}"
    );
    assert!(holds(&volumes, 2, &BEFORE, 1));
}

#[test]
fn repartition_with_duplicate_rows_is_refused() {
    let volumes = used(&some_keys());
    let rows = "INSERT INTO snaps VALUES ('then', 'flow.odd', 'key-1', 70, x'01')";
    for index in [0, 2] {
        volumes.sql(0, index, rows);
    }
    assert!(run(&repartition(&volumes)).is_err());
    assert!(holds(&volumes, 2, &BEFORE, 1));
}

#[test]
fn only_rows_of_dropped_steps_are_deleted() {
    let volumes = used(&some_keys());
    let before = state(&volumes, &BEFORE);
    let change = Change::DropSteps {
        before: placement(&BEFORE),
        parent: timeline(1),
        steps: vec!["flow.even".into(), "flow.never".into()],
    };
    let spec = ChangeSpec {
        timeline: timeline(2),
        ..change_spec(&volumes, 0..2, &BEFORE, change)
    };
    run(&spec).unwrap();
    let kept: Vec<_> = before
        .into_iter()
        .filter(|row| !row.contains("flow.even"))
        .collect();
    assert_eq!(state(&volumes, &BEFORE), kept);
    assert!(kept.iter().any(|row| row.contains("flow.odd")));
    assert!(holds(&volumes, 2, &BEFORE, 2));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, ..ProptestConfig::default() })]

    #[test]
    fn repartition_and_its_reverse_keep_every_row(
        keys in prop::collection::vec(("\\PC{0,12}", 0_u64..9), 0..40),
    ) {
        let volumes = used(&keys);
        let before = volumes.rows(&BEFORE);
        run(&repartition(&volumes)).unwrap();
        run(&back(&volumes)).unwrap();
        let without_commits = |rows: BTreeSet<String>| -> Vec<_> {
            rows.into_iter().filter(|row| !row.contains("commits")).collect()
        };
        prop_assert_eq!(without_commits(volumes.rows(&BEFORE)), without_commits(before));
    }
}
