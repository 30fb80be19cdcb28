use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::{
    cut::{self, PartitionCopy},
    engine,
    fixture::{passport, store, timeline},
    partition::{Branch, Execution, LastStart, PartitionFacts},
    spec::Intervals,
};

/// The parameters of a copy that a process takes of a partition.
#[derive(Clone, Copy, Debug)]
struct Taken {
    part: u32,
    count: u32,
    timeline: u32,
    execution: u64,
    resume: u64,
    frontier: u64,
    commit: u64,
    at: u64,
}

const TAKEN: Taken = Taken {
    part: 0,
    count: 2,
    timeline: 1,
    execution: 0,
    resume: 1,
    frontier: 10,
    commit: 5,
    at: 1000,
};

fn listed(taken: Taken, sequence: u64) -> Listed {
    let Taken {
        part,
        count,
        execution,
        resume,
        frontier,
        commit,
        at,
        ..
    } = taken;
    let mut passport = passport(1);
    passport.timeline = timeline(taken.timeline);
    passport.last_start = Some(LastStart {
        start: execution + 1,
        round: "r".into(),
        execution,
        resume_epoch: resume,
        intervals: Intervals::new(1, 600).unwrap(),
    });
    let stem = Stem::new(execution, execution + 1, sequence, 7);
    Listed {
        name: CopyName {
            timeline: timeline(taken.timeline),
            part,
            stem: stem.clone(),
        },
        manifest: Manifest {
            v: MANIFEST_FORMAT,
            facts: PartitionFacts {
                index: part,
                count,
                passport,
                executions: vec![Execution {
                    number: execution,
                    workers: 1,
                    resume_epoch: resume,
                }],
                fronts: Vec::new(),
                commit: Some(commit),
            },
            newest_snap: None,
            frontier: Some(frontier),
            engine_schema: engine::SCHEMA_VERSION,
            engine: None,
            taken: at,
            copy: stem,
            size: 10,
            sha256: "0".repeat(64),
        },
    }
}

fn all(taken: &[Taken]) -> Vec<Listed> {
    (0..)
        .zip(taken)
        .map(|(at, taken)| listed(*taken, at))
        .collect()
}

fn epochs(listed: &[Listed], head: u32) -> Vec<u64> {
    let (store, head) = (store(), timeline(head));
    let catalogue = Catalogue::new(listed, &store, &head);
    let points = catalogue.newest(100);
    for point in &points {
        let again = catalogue.at(point.cut.epoch).unwrap();
        assert_eq!(again.cut.epoch, point.cut.epoch);
    }
    points.iter().map(|point| point.cut.epoch).collect()
}

#[rstest]
#[case("1-0a1b2c3d/12", true)]
#[case("ns/flow/6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10/1-0a1b2c3d/12", true)]
#[case("ns/../6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10/1-0a1b2c3d/12", false)]
#[case("1-0a1b2c3d/012", false)]
#[case("1-0a1b2c3d", false)]
fn restore_point_name_is_timeline_and_epoch(#[case] text: &str, #[case] fits: bool) {
    let point = text.parse::<PointName>();
    assert_eq!(point.is_ok(), fits, "{point:?}");
    assert!(point.is_ok_and(|point| point.to_string() == text) || !fits);
}

#[rstest]
#[case("1-0a1b2c3d/0/4-7-12-0a1b2c3d.json", true)]
#[case("1-0a1b2c3d/0/4-7-12-0a1b2c3d.sqlite3", false)]
#[case("1-0a1b2c3d/0/x/4-7-12-0a1b2c3d.json", false)]
#[case("1-0a1b2c3d/00/4-7-12-0a1b2c3d.json", false)]
#[case("1-0a1b2c3d/0/4-7-12-+a1b2c3d.json", false)]
fn manifest_path_has_one_spelling(#[case] path: &str, #[case] fits: bool) {
    let name = CopyName::from_manifest_path(path);
    assert_eq!(name.is_some(), fits);
    assert!(name.is_none_or(|name| name.manifest() == path));
}

#[test]
fn manifest_that_contradicts_its_name_is_refused() {
    let good = listed(TAKEN, 0);
    let read = |manifest: &Manifest| {
        Manifest::parse(&manifest.to_text(), &good.name, &store())
            .map_err(|fault| fault.to_string())
    };
    assert_eq!(read(&good.manifest).as_ref(), Ok(&good.manifest));
    type Change = fn(&mut Manifest);
    let changes: [(&str, Change); 7] = [
        ("format", |manifest| manifest.v += 1),
        ("timeline", |manifest| {
            manifest.facts.passport.timeline = timeline(9);
        }),
        ("partition", |manifest| manifest.facts.index = 1),
        ("execution", |manifest| {
            manifest
                .facts
                .passport
                .last_start
                .as_mut()
                .unwrap()
                .execution = 3;
        }),
        ("checksum", |manifest| manifest.sha256 = "../../x".into()),
        ("a number", |manifest| manifest.frontier = Some(u64::MAX)),
        ("schema", |manifest| manifest.engine_schema = 4),
    ];
    for (what, change) in changes {
        let mut bad = good.manifest.clone();
        change(&mut bad);
        let fault = read(&bad).unwrap_err();
        assert!(fault.contains(what), "{what}: {fault}");
    }
    let name = &good.name;
    assert!(Manifest::parse(&vec![b' '; MANIFEST_LIMIT + 1], name, &store()).is_err());
    assert!(Manifest::parse(b"{}", name, &store()).is_err());
}

#[test]
fn each_shared_epoch_is_one_restore_point() {
    let at = |part, frontier, commit| Taken {
        part,
        frontier,
        commit,
        at: 1000 + frontier,
        ..TAKEN
    };
    let copies = all(&[
        at(0, 10, 2),
        at(1, 15, 3),
        at(0, 20, 12),
        at(1, 25, 12),
        at(0, 30, 22),
    ]);
    assert_eq!(epochs(&copies, 1), [25, 20, 15, 10]);
    // The uploads of one partition have failed for long, and the other one has collected beyond it.
    let copies = all(&[at(0, 10, 2), at(1, 12, 3), at(1, 25, 12), at(1, 90, 80)]);
    assert_eq!(epochs(&copies, 1), [10]);
    assert_eq!(epochs(&copies[1..], 1), [] as [u64; 0]);
}

#[test]
fn late_copy_of_an_abandoned_timeline_is_ignored() {
    let at = |part, frontier| Taken {
        part,
        frontier,
        commit: 1,
        ..TAKEN
    };
    let mut copies = all(&[at(0, 20), at(1, 30)]);
    // Cut at 20 as timeline 2, without knowing that timeline 1 had gone on with execution 1.
    let mut newer = [0, 1].map(|part| {
        let taken = Taken {
            timeline: 2,
            execution: 1,
            resume: 20,
            ..at(part, 40)
        };
        let mut copy = listed(taken, 9);
        copy.manifest.facts.passport.branch = Some(Branch {
            parent: timeline(1),
            epoch: 20,
            execution: 1,
        });
        copy
    });
    newer[1].manifest.frontier = Some(35);
    copies.extend(newer);
    let before = epochs(&copies, 2);
    assert_eq!(before, [35, 20]);
    let late = Taken {
        execution: 1,
        resume: 11,
        ..at(0, 50)
    };
    copies.push(listed(late, 10));
    assert_eq!(epochs(&copies, 2), before);
}

#[test]
fn nothing_is_pruned_without_copies_of_all_partitions() {
    let at = |part, number: u64| Taken {
        part,
        frontier: 10 * number,
        commit: 10 * number - 9,
        at: 1000 + 10 * number,
        ..TAKEN
    };
    let mut copies: Vec<_> = (1..20)
        .flat_map(|number| [at(0, number), at(1, number)])
        .collect();
    let retention = Retention {
        cuts: 3,
        age: 0,
        overdue: 60,
    };
    let gone = |copies: &[Taken]| prune(&all(copies), &store(), &timeline(1), retention);
    assert!(!gone(&copies).manifests.is_empty());
    copies.extend((20..40).map(|number| at(0, number)));
    assert_eq!(gone(&copies), Prunable::default());
}

#[test]
fn only_the_newest_of_repeated_manifests_is_kept() {
    let mut copies: Vec<_> = (0..8)
        .map(|number: u64| {
            let taken = Taken {
                part: u32::from(number % 2 == 1),
                at: 1000 + number,
                ..TAKEN
            };
            let mut copy = listed(taken, number);
            copy.manifest.copy = Stem::new(0, 1, number % 2, 7);
            copy
        })
        .collect();
    let retention = Retention {
        cuts: 3,
        age: 600,
        overdue: 60,
    };
    let before = epochs(&copies, 1);
    let gone = prune(&copies, &store(), &timeline(1), retention);
    assert_eq!((gone.manifests.len(), gone.copies.len()), (6, 0));
    copies.retain(|copy| !gone.manifests.contains(&copy.name));
    assert_eq!(epochs(&copies, 1), before);
}

/// Generates copies of three partitions, taken in any order while a gang runs, crashes and continues.
fn history() -> impl Strategy<Value = Vec<Taken>> {
    let event = (0..3_u32, 0..6_u64, 0..4_u64, prop::bool::weighted(0.1));
    let kept = 2..40_u64;
    (prop::collection::vec(event, 1..60), kept).prop_map(|(events, kept)| {
        let (mut execution, mut resume, mut frontier, mut at) = (0, 1, 1, 1000);
        let mut taken = Vec::new();
        for (part, further, torn, crash) in events {
            at += 5;
            frontier += further;
            if crash {
                // The next execution replays the epochs that not all workers had closed.
                frontier = frontier.saturating_sub(torn).max(resume);
                (execution, resume) = (execution + 1, frontier);
            }
            taken.push(Taken {
                part,
                count: 3,
                timeline: 1,
                execution,
                resume,
                frontier,
                commit: frontier.saturating_sub(kept),
                at,
            });
        }
        taken
    })
}

proptest! {
    #[test]
    fn restore_points_equal_all_feasible_cuts(taken in history()) {
        let copies = all(&taken);
        let (store, head) = (store(), timeline(1));
        let manifest_facts = Catalogue::new(&copies, &store, &head).manifest_facts().clone();
        let of = |part| copies.iter().filter(move |copy| copy.name.part == part);
        let mut every = std::collections::BTreeSet::new();
        for first in of(0) {
            for second in of(1) {
                for third in of(2) {
                    let set: Vec<PartitionCopy> =
                        [first, second, third].map(|copy| copy.manifest.partition_copy()).into();
                    if let Ok(cut) = cut::choose(&set, &manifest_facts, &store, &head) {
                        every.insert(cut.epoch);
                    }
                }
            }
        }
        let found: Vec<u64> = epochs(&copies, 1);
        prop_assert_eq!(found, every.into_iter().rev().collect::<Vec<_>>());
    }

    #[test]
    fn pruning_preserves_kept_restore_points(
        taken in history(), cuts in 1..5_usize, age in 0..80_u64, rounds in 1..4_usize
    ) {
        let (store, head) = (store(), timeline(1));
        let retention = Retention { cuts, age, overdue: 30 };
        let mut left = Vec::new();
        // Pruned repeatedly while copies arrive, as in a running gang.
        let all = all(&taken);
        for some in all.chunks(taken.len().div_ceil(rounds)) {
            left.extend(some.iter().cloned());
            let before = epochs(&left, 1);
            let gone = prune(&left, &store, &head, retention);
            left.retain(|copy| !gone.manifests.contains(&copy.name));
            let after = epochs(&left, 1);
            prop_assert_eq!(
                &before[..before.len().min(cuts)],
                &after[..after.len().min(cuts)]
            );
            let mut still = left.iter().map(|copy| &copy.manifest.copy);
            let lost = still.find(|stem| gone.copies.iter().any(|copy| copy.stem == **stem));
            prop_assert_eq!(lost, None);
        }
    }
}
