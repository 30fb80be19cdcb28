use rstest::rstest;

use super::*;
use crate::{
    fixture::{passport, store, timeline},
    partition::{Branch, Execution, Front, LastStart, PartitionFacts},
    spec::Intervals,
    start::Resume,
};

/// A copy taken in execution 4, which resumed at epoch 50, when the gang had come to `frontier`.
fn copy(index: u32, frontier: Option<u64>, commit: u64) -> PartitionCopy {
    let mut passport = passport(1);
    passport.last_start = Some(LastStart {
        start: 3,
        round: "r".into(),
        execution: 4,
        resume_epoch: 50,
        intervals: Intervals::new(1, 600).unwrap(),
    });
    PartitionCopy {
        facts: PartitionFacts {
            index,
            count: 2,
            passport,
            executions: Vec::new(),
            fronts: Vec::new(),
            commit: Some(commit),
        },
        newest_snap: None,
        frontier,
    }
}

fn chosen(copies: &[PartitionCopy], executions: &[Resume]) -> Result<Cut, Vec<CutFault>> {
    let manifest_facts = ManifestFacts {
        executions: executions.iter().map(|row| (timeline(1), *row)).collect(),
        branches: Vec::new(),
    };
    choose(copies, &manifest_facts, &store(), &timeline(1))
}

fn resumed(execution: u64, epoch: u64) -> Resume {
    Resume { execution, epoch }
}

fn execution(number: u64, resume_epoch: u64) -> Execution {
    Execution {
        number,
        workers: 1,
        resume_epoch,
    }
}

/// The numbers of `docs/recovery.md`, section "Worked example: a cut over three copies".
#[test]
fn worked_example_of_recovery_md() {
    let taken_in = |index, execution, resume_epoch, frontier| {
        let mut copy = copy(index, frontier, 0);
        let start = copy.facts.passport.last_start.as_mut().unwrap();
        (start.execution, start.resume_epoch) = (execution, resume_epoch);
        copy
    };
    let mut a = taken_in(0, 0, 1, None);
    a.facts.fronts = vec![Front {
        execution: 0,
        worker: 0,
        epoch: 11,
    }];
    let b = taken_in(0, 1, 10, Some(13));
    let mut c = taken_in(1, 1, 10, Some(15));
    c.facts.commit = Some(5);
    let epoch = |copies: &[PartitionCopy]| chosen(copies, &[]).map(|cut| cut.epoch);
    assert_eq!(epoch(&[a.clone(), c.clone()]), Ok(10));
    assert_eq!(epoch(&[b.clone(), c.clone()]), Ok(13));
    c.facts.commit = Some(10);
    let infeasible = CutFault::Infeasible {
        behind: 0,
        complete: 9,
        ahead: 1,
        collected: 10,
    };
    assert_eq!(epoch(&[a.clone(), c.clone()]), Err(vec![infeasible]));
    assert_eq!(epoch(&[b, c]), Ok(13));
    let unknown = CutFault::UnknownExecution {
        index: 0,
        of: 0,
        unknown: 1,
    };
    assert_eq!(
        epoch(&[a, taken_in(1, 2, 20, Some(25))]),
        Err(vec![unknown])
    );
}

#[rstest]
#[case::equal(70, 70, 70)]
#[case::staggered(70, 90, 70)]
#[case::reversed(90, 64, 64)]
fn cut_is_at_the_oldest_copy(#[case] first: u64, #[case] second: u64, #[case] epoch: u64) {
    let copies = [copy(0, Some(first), 40), copy(1, Some(second), 60)];
    assert_eq!(
        chosen(&copies, &[]).unwrap(),
        Cut {
            epoch,
            execution: Some(5),
            highest_commit: Some(60)
        }
    );
}

#[rstest]
#[case::complete_up_to_the_commit(61, true)]
#[case::one_epoch_less(60, false)]
fn cut_below_commit_of_other_copy_is_refused(#[case] frontier: u64, #[case] feasible: bool) {
    let copies = [copy(0, Some(frontier), 40), copy(1, Some(90), 60)];
    match chosen(&copies, &[]) {
        Ok(cut) => assert!(feasible && cut.epoch == frontier),
        Err(faults) => {
            assert!(!feasible);
            assert_eq!(
                faults,
                [CutFault::Infeasible {
                    behind: 0,
                    complete: frontier - 1,
                    ahead: 1,
                    collected: 60
                }]
            );
        }
    }
}

#[test]
fn epochs_replayed_by_later_execution_count_not() {
    let mut later = copy(1, Some(90), 0);
    later.facts.passport.last_start.as_mut().unwrap().execution = 6;
    let copies = [copy(0, Some(80), 0), later];
    let unknown = CutFault::UnknownExecution {
        index: 0,
        of: 4,
        unknown: 5,
    };
    assert_eq!(chosen(&copies, &[]).unwrap_err(), [unknown]);
    let mut copies = copies;
    copies[1].facts.executions = vec![execution(6, 77)];
    copies[1]
        .facts
        .passport
        .last_start
        .as_mut()
        .unwrap()
        .resume_epoch = 77;
    let cut = chosen(&copies, &[resumed(5, 75)]).unwrap();
    assert_eq!((cut.epoch, cut.execution), (75, Some(7)));
}

#[test]
fn copy_without_frontier_is_bounded_by_its_content() {
    let mut alone = copy(0, None, 0);
    let other = copy(1, Some(90), 0);
    let epoch = |copy: &PartitionCopy| chosen(&[copy.clone(), other.clone()], &[]).unwrap().epoch;
    assert_eq!(epoch(&alone), 50);
    alone.newest_snap = Some(66);
    assert_eq!(epoch(&alone), 66);
    let front = |execution, epoch| Front {
        execution,
        worker: 0,
        epoch,
    };
    // The last start has trimmed the epochs that an earlier execution had reached.
    alone.facts.fronts = vec![front(3, 200), front(4, 68)];
    assert_eq!(epoch(&alone), 68);
}

#[test]
fn ancestor_copy_counts_below_branch_point() {
    let mut newer = copy(1, Some(90), 0);
    newer.facts.passport.timeline = timeline(2);
    newer.facts.passport.branch = Some(Branch {
        parent: timeline(1),
        epoch: 72,
        execution: 5,
    });
    let copies = [copy(0, Some(80), 0), newer];
    let cut = choose(&copies, &ManifestFacts::default(), &store(), &timeline(2)).unwrap();
    assert_eq!(cut.epoch, 72);
    // From the parent's point of view, the branch is foreign.
    let faults = chosen(&copies, &[]).unwrap_err();
    assert!(
        matches!(faults[..], [CutFault::Foreign { index: 1, .. }]),
        "{faults:?}"
    );
}

#[test]
fn execution_unknown_to_branch_is_no_ancestor() {
    // The parent had begun execution 5 at epoch 60, but the cut at epoch 72 was made without knowing it.
    let mut late = copy(0, Some(90), 0);
    let start = late.facts.passport.last_start.as_mut().unwrap();
    (start.execution, start.resume_epoch) = (5, 60);
    let mut newer = copy(1, Some(90), 0);
    newer.facts.passport.timeline = timeline(2);
    newer.facts.passport.branch = Some(Branch {
        parent: timeline(1),
        epoch: 72,
        execution: 5,
    });
    let mut manifest_facts = ManifestFacts {
        executions: vec![(timeline(1), resumed(5, 60))],
        branches: Vec::new(),
    };
    let faults = choose(
        &[late, newer.clone()],
        &manifest_facts,
        &store(),
        &timeline(2),
    )
    .unwrap_err();
    assert!(
        matches!(faults[..], [CutFault::Foreign { index: 0, .. }]),
        "{faults:?}"
    );
    let early = [copy(0, Some(80), 0), newer];
    manifest_facts
        .executions
        .push((timeline(2), resumed(5, 72)));
    let cut = choose(&early, &manifest_facts, &store(), &timeline(2)).unwrap();
    assert_eq!((cut.epoch, cut.execution), (72, Some(6)));
}

#[test]
fn branch_point_from_a_manifest_is_followed() {
    let mut newest = copy(1, Some(90), 0);
    newest.facts.passport.timeline = timeline(3);
    let branch = |parent, epoch| Branch {
        parent: timeline(parent),
        epoch,
        execution: 5,
    };
    newest.facts.passport.branch = Some(branch(2, 75));
    let copies = [copy(0, Some(80), 0), newest];
    let choose =
        |manifest_facts: &ManifestFacts| choose(&copies, manifest_facts, &store(), &timeline(3));
    assert!(choose(&ManifestFacts::default()).is_err());
    let manifest_facts = ManifestFacts {
        branches: vec![(timeline(2), branch(1, 72))],
        ..ManifestFacts::default()
    };
    assert_eq!(choose(&manifest_facts).unwrap().epoch, 72);
}

#[test]
fn incomplete_set_of_copies_is_refused() {
    let mut other_size = copy(0, Some(80), 0);
    other_size.facts.count = 1;
    assert_eq!(
        chosen(&[other_size, copy(0, Some(80), 0)], &[]).unwrap_err(),
        [
            CutFault::Surplus { index: 0, count: 1 },
            CutFault::Missing { index: 1, count: 2 }
        ]
    );
    assert!(chosen(&[], &[]).is_err());
}

#[test]
fn never_started_store_is_cut_at_epoch_1() {
    let copies = [0, 1].map(|index| {
        let mut copy = copy(index, None, 0);
        copy.facts.passport.last_start = None;
        copy.facts.commit = None;
        copy
    });
    assert_eq!(
        chosen(&copies, &[]).unwrap(),
        Cut {
            epoch: 1,
            execution: None,
            highest_commit: None
        }
    );
}
