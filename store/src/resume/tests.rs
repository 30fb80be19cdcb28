use rstest::rstest;

use super::*;
use crate::{
    partition::{Execution, Front, LastStart, Passport},
    spec::Intervals,
};

const COUNT: u32 = 2;

fn store() -> StoreId {
    "6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10".parse().unwrap()
}

fn timeline() -> Timeline {
    "1-0a1b2c3d".parse().unwrap()
}

fn facts(index: u32) -> PartitionFacts {
    PartitionFacts {
        index,
        count: COUNT,
        passport: Passport {
            store: store(),
            timeline: timeline(),
            branch: None,
            change_number: 1,
            last_start: None,
            highest_commit: None,
        },
        executions: Vec::new(),
        fronts: Vec::new(),
        commit: None,
    }
}

/// Returns two partitions of a store whose two workers died in execution 7 at the frontiers `reached`.
/// The execution began at epoch 100 and kept ten epochs.
fn used(reached: [u64; 2]) -> [PartitionFacts; 2] {
    let last = LastStart {
        start: 3,
        round: "r".into(),
        execution: 7,
        resume_epoch: 100,
        intervals: Intervals::new(1, 10).unwrap(),
    };
    [0, 1].map(|index| {
        let mut facts = facts(index);
        facts.passport.last_start = Some(last.clone());
        facts.executions = if index == 0 {
            vec![execution(6, 2, 50)]
        } else {
            vec![execution(5, 9, 20), execution(7, 2, 100)]
        };
        let worker = u64::from(index);
        facts.fronts = vec![
            front(6, worker, 999),
            front(7, worker, reached[index as usize]),
        ];
        facts.commit = Some(reached.into_iter().max().unwrap() - 11);
        facts
    })
}

fn execution(number: u64, workers: u64, resume_epoch: u64) -> Execution {
    Execution {
        number,
        workers,
        resume_epoch,
    }
}

fn front(execution: u64, worker: u64, epoch: u64) -> Front {
    Front {
        execution,
        worker,
        epoch,
    }
}

fn agreed(partitions: &[PartitionFacts]) -> Result<Resume, Vec<ResumeFault>> {
    agree(partitions, COUNT, &store(), &timeline())
}

fn stale(partitions: &[PartitionFacts]) -> Vec<(u32, Staleness)> {
    agreed(partitions)
        .unwrap_err()
        .into_iter()
        .filter_map(|fault| match fault {
            ResumeFault::StalePartition { index, why } => Some((index, why)),
            _ => None,
        })
        .collect()
}

#[test]
fn new_store_begins_execution_0_at_epoch_1() {
    let resume = agreed(&[facts(0), facts(1)]).unwrap();
    assert_eq!((resume.execution, resume.epoch), (0, 1));
}

#[rstest]
#[case::the_slower_worker_decides([120, 118], 118)]
#[case::equal_workers([120, 120], 120)]
fn only_the_newest_execution_counts(#[case] reached: [u64; 2], #[case] epoch: u64) {
    let resume = agreed(&used(reached)).unwrap();
    assert_eq!((resume.execution, resume.epoch), (8, epoch));
}

#[test]
fn worker_without_frontier_counts_from_the_resume_epoch() {
    let mut partitions = used([101, 101]);
    partitions[1].fronts.clear();
    partitions.iter_mut().for_each(|facts| facts.commit = None);
    assert_eq!(agreed(&partitions).unwrap().epoch, 100);
}

#[test]
fn missing_duplicate_and_foreign_partitions_are_reported_together() {
    let mut foreign = facts(3);
    foreign.passport.timeline = "2-0a1b2c3d".parse().unwrap();
    let mut other_count = facts(0);
    other_count.count = 3;
    let faults = agreed(&[facts(0), other_count, foreign.clone()]).unwrap_err();
    assert_eq!(
        faults,
        [
            ResumeFault::Duplicate { index: 0, times: 2 },
            ResumeFault::Missing { index: 1, count: 2 },
            ResumeFault::OtherCount {
                index: 0,
                count: 3,
                expected: 2
            },
            ResumeFault::Foreign {
                index: 3,
                store: store(),
                timeline: foreign.passport.timeline
            },
        ]
    );
}

#[test]
fn copy_from_before_the_last_start_is_stale() {
    let mut partitions = used([120, 120]);
    let before = LastStart {
        execution: 6,
        intervals: Intervals::new(1, 600).unwrap(),
        ..partitions[0].passport.last_start.clone().unwrap()
    };
    partitions[0].passport.last_start = Some(before);
    partitions[0].fronts.pop();
    assert_eq!(
        stale(&partitions),
        [(0, Staleness::Execution { newest: 7 })]
    );
}

#[test]
fn stale_copy_hiding_newest_execution_is_found() {
    let mut partitions = used([120, 120]);
    let last = partitions[1].passport.last_start.as_mut().unwrap();
    last.execution = 6;
    partitions[1].executions.pop();
    partitions[1].fronts.pop();
    assert!(stale(&partitions).contains(&(1, Staleness::Execution { newest: 7 })));
}

#[test]
fn abandoned_start_in_some_passports_is_accepted() {
    let mut partitions = used([120, 120]);
    let last = partitions[0].passport.last_start.as_mut().unwrap();
    last.execution = 8;
    last.resume_epoch = 120;
    assert_eq!(agreed(&partitions).unwrap().execution, 8);
}

#[rstest]
#[case::lowest_valid_commit(107, None)]
#[case::one_epoch_less(106, Some(Staleness::Commit { commit: 106, least: 107, epoch: 119 }))]
fn stale_copy_of_same_execution_is_found(#[case] commit: u64, #[case] why: Option<Staleness>) {
    let mut partitions = used([119, 119]);
    partitions[0].commit = Some(commit);
    match why {
        None => assert!(agreed(&partitions).is_ok()),
        Some(why) => assert_eq!(stale(&partitions), [(0, why)]),
    }
}

#[test]
fn partition_without_commit_counts_as_commit_0() {
    let mut partitions = used([113, 113]);
    partitions[0].commit = None;
    assert_eq!(
        stale(&partitions),
        [(
            0,
            Staleness::Commit {
                commit: 0,
                least: 101,
                epoch: 113
            }
        )]
    );
}

#[test]
fn shorter_backup_interval_waits_for_closed_epoch() {
    let mut partitions = used([102, 102]);
    for facts in &mut partitions {
        facts.commit = None;
        facts.passport.last_start.as_mut().unwrap().intervals = Intervals::new(1, 0).unwrap();
    }
    assert!(agreed(&partitions).is_ok());
}

#[rstest]
#[case::commit_row(Some(120), None)]
#[case::highest_commit_of_the_passport(Some(110), Some(125))]
fn resume_epoch_that_was_collected_is_refused(
    #[case] commit: Option<u64>,
    #[case] highest: Option<u64>,
) {
    let mut partitions = used([120, 120]);
    partitions[1].commit = commit;
    partitions[1].passport.highest_commit = highest;
    assert_eq!(
        agreed(&partitions).unwrap_err(),
        [ResumeFault::Collected {
            index: 1,
            epoch: 120,
            commit: commit.max(highest).unwrap()
        }]
    );
}

#[test]
fn replayed_epochs_are_those_a_worker_had_begun() {
    let start = |execution, resume_epoch| LastStart {
        start: 4,
        round: "r".into(),
        execution,
        resume_epoch,
        intervals: Intervals::new(1, 10).unwrap(),
    };
    let mut set = used([109, 111]);
    assert_eq!(resumed(&set, 4), None, "passports of the start before");
    set[0].passport.last_start = Some(start(8, 109));
    assert_eq!(resumed(&set, 4), None, "not all passports yet");
    set[1].passport.last_start = Some(start(8, 109));
    let expected = Resumed {
        execution: 8,
        epoch: 109,
        replayed: Some(3),
        moved: false,
    };
    assert_eq!(resumed(&set, 4), Some(expected));
    let mut begun = set.clone();
    begun[0].executions.push(Execution {
        number: 8,
        workers: 2,
        resume_epoch: 109,
    });
    for (worker, moved) in [(0, false), (1, true)] {
        begun[1].fronts.push(Front {
            execution: 8,
            worker,
            epoch: 110,
        });
        let now = resumed(&begun, 4).map(|resumed| resumed.moved);
        assert_eq!(now, Some(moved), "once all workers have closed an epoch");
    }
    // No row of the execution before is left, as after a restore.
    for facts in &mut set {
        facts.fronts.clear();
    }
    assert_eq!(resumed(&set, 4).and_then(|resumed| resumed.replayed), None);
    assert_eq!(resumed(&[], 4), None);
}
