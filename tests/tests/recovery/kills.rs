//! Tests kills at arbitrary times: state is exact, and no valid partition is refused.

use std::time::Duration;

use wax_tests::engine::{Bed, Input, Shape};

const EPOCH: Duration = Duration::from_millis(50);

#[test]
fn killed_gang_resumes_exactly_and_ends() {
    let shape = Shape {
        workers: 2,
        processes: 2,
        partitions: 4,
    };
    let mut bed = Bed::new(shape, EPOCH, 3).unwrap();
    for execution in 0..6 {
        assert_eq!(bed.refusals().unwrap(), []);
        bed.begin().unwrap();
        let from = bed.resume().unwrap();
        let mut gang = bed.start(&Input::endless(6, 0.01)).unwrap();
        bed.begins(&mut gang, from.execution).unwrap();
        bed.reaches(&mut gang, from.epoch + 5 + execution).unwrap();
        if execution % 2 == 0 {
            gang.kill(1).unwrap();
        } else {
            gang.kill_one(0).unwrap();
        }
    }
    bed.begin().unwrap();
    let last = bed.continuity().unwrap().highest.values().max().unwrap() + 20;
    let rest = Input {
        last: Some(last),
        ..Input::endless(6, 0.01)
    };
    assert!(bed.start(&rest).unwrap().wait().unwrap());
    // A finished flow can be started again, and ends at once.
    assert_eq!(bed.refusals().unwrap(), []);
    bed.begin().unwrap();
    assert!(bed.start(&rest).unwrap().wait().unwrap());
    let seen = bed.continuity().unwrap();
    seen.exact().unwrap();
    assert!(seen.reached(6, last) && seen.source_runs == 8 * 6);
}

#[test]
fn short_executions_and_changed_intervals_are_not_stale() {
    let shape = Shape {
        workers: 2,
        processes: 1,
        partitions: 3,
    };
    let mut bed = Bed::new(shape, EPOCH, 0).unwrap();
    // Number of epochs that are kept in an execution, and number of epochs that it closes.
    for (kept, epochs) in [(0, 8), (600, 1), (0, 1), (0, 1), (3, 8), (0, 8)] {
        // A start that is killed before its engines have connected has not collected anything.
        bed.kept = 600 - kept;
        bed.begin().unwrap();
        assert_eq!(bed.refusals().unwrap(), []);
        bed.kept = kept;
        bed.begin().unwrap();
        let from = bed.resume().unwrap();
        let mut gang = bed.start(&Input::endless(4, 0.01)).unwrap();
        bed.begins(&mut gang, from.execution).unwrap();
        bed.reaches(&mut gang, from.epoch + epochs).unwrap();
        gang.kill(0).unwrap();
        assert_eq!(bed.refusals().unwrap(), [], "after {kept}, {epochs}");
    }
    bed.continuity().unwrap().exact().unwrap();
}

#[test]
fn sleeping_source_keeps_the_epoch_open() {
    let shape = Shape {
        workers: 1,
        processes: 1,
        partitions: 2,
    };
    let bed = Bed::new(shape, EPOCH, 0).unwrap();
    let sleeping = Input {
        poll: 1.0,
        ..Input::endless(1, 1.0)
    };
    let mut gang = bed.start(&sleeping).unwrap();
    // The engine writes the record of a number and the end of an epoch at different times, so each reading can be one
    // number late.
    let mut read_at = |least| {
        bed.reaches(&mut gang, least).unwrap();
        let epoch = bed.resume().unwrap().epoch;
        let numbers = bed.continuity().unwrap().highest;
        (epoch, numbers.get("key-0").copied().unwrap_or(0))
    };
    let (from, first) = read_at(2);
    let (to, last) = read_at(from + 4);
    // Each number takes as long as 20 epochs.
    assert!(
        last - first + 1 >= to - from,
        "numbers {first} to {last} in epochs {from} to {to}"
    );
    gang.kill(0).unwrap();
}
