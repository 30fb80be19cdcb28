//! Tests a partition that the storage has set back to an earlier state of the last execution.

use std::time::Duration;

use store::resume::ResumeFault;
use store::route;
use wax_tests::continuity::Kind;
use wax_tests::engine::{Bed, Input, Shape};

use crate::torn::{copy, put_back};

const SHAPE: Shape = Shape {
    workers: 1,
    processes: 1,
    partitions: 4,
};

/// Runs for some epochs, copies partition `index`, kills the gang `epochs` epochs later, and replaces the partition by
/// the copy.
fn with_old_copy(index: u32, kept: u32, epochs: u64) -> (Bed, Input) {
    let mut bed = Bed::new(SHAPE, Duration::from_millis(50), kept).unwrap();
    bed.begin().unwrap();
    let input = Input::endless(6, 0.01);
    let mut gang = bed.start(&input).unwrap();
    bed.reaches(&mut gang, 5).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let old = folder.path().join("old");
    copy(bed.partition(index), old.clone());
    // Counted from now on, because the copy may have taken long.
    let goal = bed.resume().unwrap().epoch + epochs;
    bed.reaches(&mut gang, goal).unwrap();
    gang.kill(0).unwrap();
    assert_eq!(bed.refusals().unwrap(), []);
    put_back(&bed.partition(index), &old);
    (bed, input)
}

#[test]
fn old_copy_is_refused_after_a_later_collection() {
    for index in 0..SHAPE.partitions {
        let (bed, _) = with_old_copy(index, 3, 10);
        let refusals = bed.refusals().unwrap();
        let named = |fault: &ResumeFault| match fault {
            ResumeFault::StalePartition { index: stale, .. } => *stale == index,
            // If the copy has the only frontier, all other partitions have collected later epochs.
            ResumeFault::Collected { index: ahead, .. } => *ahead != index,
            _ => false,
        };
        assert!(
            !refusals.is_empty() && refusals.iter().all(named),
            "{index}: {refusals:?}"
        );
    }
}

/// A known limit of the check: before the engine collects anything, the age of a copy of the same execution cannot be
/// recognised.
#[test]
fn old_copy_is_undetected_before_the_first_collection() {
    // This partition has state of the step, but no frontier. With an old frontier, all partitions would resume earlier.
    let index = 1;
    assert_ne!(route::partition_of_front(0, 0, SHAPE.partitions), index);
    let (mut bed, input) = with_old_copy(index, 600, 10);
    assert_eq!(bed.refusals().unwrap(), []);
    bed.begin().unwrap();
    let goal = bed.resume().unwrap().epoch + 5;
    let mut gang = bed.start(&input).unwrap();
    bed.reaches(&mut gang, goal).unwrap();
    gang.kill(0).unwrap();
    let seen = bed.continuity().unwrap();
    assert!(seen.count(Kind::WrongState) > 0, "{seen:?}");
}
