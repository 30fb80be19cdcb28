use rstest::rstest;

use super::*;
use crate::{
    fixture::{passport, store, timeline},
    orders::Intervals,
    partition::{Branch, Execution, Front, LastStart, PartitionFacts},
    start::Resume,
};

/// A copy taken in execution 4, which resumed at epoch 50, when the gang had come to `frontier`.
fn copy(index: u32, frontier: Option<u64>, commit: u64) -> Copy {
    let mut passport = passport(1);
    passport.last_start = Some(LastStart {
        start: 3,
        round: "r".into(),
        execution: 4,
        resume_epoch: 50,
        intervals: Intervals::new(1, 600).unwrap(),
    });
    Copy {
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

fn chosen(copies: &[Copy], executions: &[Resume]) -> Result<Cut, Vec<CutFault>> {
    let known = Known {
        executions: executions.iter().map(|row| (timeline(1), *row)).collect(),
        branches: Vec::new(),
    };
    choose(copies, &known, &store(), &timeline(1))
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

#[rstest]
#[case::equal(70, 70, 70)]
#[case::staggered(70, 90, 70)]
#[case::the_other_way(90, 64, 64)]
fn the_oldest_copy_decides(#[case] first: u64, #[case] second: u64, #[case] epoch: u64) {
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
#[case(61, true)]
#[case(60, false)]
fn a_copy_that_has_collected_what_another_lacks_makes_it_infeasible(
    #[case] frontier: u64,
    #[case] feasible: bool,
) {
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
fn a_crash_after_a_copy_takes_back_what_the_next_execution_did_over() {
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
fn a_copy_without_a_noted_frontier_speaks_for_itself() {
    let mut alone = copy(0, None, 0);
    let other = copy(1, Some(90), 0);
    let epoch = |copy: &Copy| chosen(&[copy.clone(), other.clone()], &[]).unwrap().epoch;
    assert_eq!(epoch(&alone), 50);
    alone.newest_snap = Some(66);
    assert_eq!(epoch(&alone), 66);
    let front = |execution, epoch| Front {
        execution,
        worker: 0,
        epoch,
    };
    // What an execution before the last start had come to was trimmed since.
    alone.facts.fronts = vec![front(3, 200), front(4, 68)];
    assert_eq!(epoch(&alone), 68);
}

#[test]
fn an_ancestors_copy_counts_only_below_the_branch() {
    let mut newer = copy(1, Some(90), 0);
    newer.facts.passport.timeline = timeline(2);
    newer.facts.passport.branch = Some(Branch {
        parent: timeline(1),
        epoch: 72,
        execution: 5,
    });
    let copies = [copy(0, Some(80), 0), newer];
    let cut = choose(&copies, &Known::default(), &store(), &timeline(2)).unwrap();
    assert_eq!(cut.epoch, 72);
    // Seen from the parent, the branch is a stranger.
    let faults = chosen(&copies, &[]).unwrap_err();
    assert!(
        matches!(faults[..], [CutFault::Foreign { index: 1, .. }]),
        "{faults:?}"
    );
}

#[test]
fn an_execution_that_the_branch_did_not_know_of_is_none_of_its_past() {
    // The parent had begun execution 5 again at epoch 60 when it was cut at 72 without it.
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
    let mut known = Known {
        executions: vec![(timeline(1), resumed(5, 60))],
        branches: Vec::new(),
    };
    let faults = choose(&[late, newer.clone()], &known, &store(), &timeline(2)).unwrap_err();
    assert!(
        matches!(faults[..], [CutFault::Foreign { index: 0, .. }]),
        "{faults:?}"
    );
    let early = [copy(0, Some(80), 0), newer];
    known.executions.push((timeline(2), resumed(5, 72)));
    let cut = choose(&early, &known, &store(), &timeline(2)).unwrap();
    assert_eq!((cut.epoch, cut.execution), (72, Some(6)));
}

#[test]
fn a_branch_that_only_manifests_tell_of_is_followed() {
    let mut newest = copy(1, Some(90), 0);
    newest.facts.passport.timeline = timeline(3);
    let branch = |parent, epoch| Branch {
        parent: timeline(parent),
        epoch,
        execution: 5,
    };
    newest.facts.passport.branch = Some(branch(2, 75));
    let copies = [copy(0, Some(80), 0), newest];
    let choose = |known: &Known| choose(&copies, known, &store(), &timeline(3));
    assert!(choose(&Known::default()).is_err());
    let known = Known {
        branches: vec![(timeline(2), branch(1, 72))],
        ..Known::default()
    };
    assert_eq!(choose(&known).unwrap().epoch, 72);
}

#[test]
fn a_set_that_is_not_whole_is_no_cut() {
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
fn a_store_that_was_never_started_is_cut_at_its_beginning() {
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
