//! Tests leftovers of a killed execution, whose epochs the next execution runs again: snapshots at or above the resume
//! epoch, and copies of partitions that claim such an epoch.

use std::path::Path;

use rusqlite::Connection;
use wax_tests::continuity::{Continuity, Kind};

use crate::torn::{AHEAD, Torn, add_execution, copy, put_back};

/// Runs a crash, an execution without numbers, a kill, and an execution with numbers. `trim` says whether the
/// partitions are trimmed before each start.
fn after_a_silent_execution(trim: bool) -> Continuity {
    let mut torn = Torn::new(|_| ());
    for silent in [true, false] {
        if trim {
            torn.bed.begin().unwrap();
        }
        if silent {
            torn.silent_execution(3, |_| ());
        } else {
            torn.busy_execution();
        }
    }
    torn.bed.continuity().unwrap()
}

#[test]
fn untrimmed_snapshots_are_loaded_one_start_later() {
    after_a_silent_execution(true).exact().unwrap();
    let untrimmed = after_a_silent_execution(false);
    assert!(untrimmed.count(Kind::WrongState) > 0, "{untrimmed:?}");
}

/// Restores one partition that was copied before a crash, and all others, copied in the execution after it. `believed`
/// gets the epoch that the first copy claims to contain and the resume epoch of that execution. It returns the epoch
/// that is used.
fn restored(believed: fn(u64, u64) -> u64) -> Continuity {
    let copies = tempfile::tempdir().unwrap();
    let copy_of = |index: u32| copies.path().join(format!("part-{index}.sqlite3"));
    let mut torn = Torn::new(|bed| copy(bed.partition(AHEAD), copy_of(AHEAD)));
    torn.bed.begin().unwrap();
    torn.silent_execution(6, |bed| {
        for index in (0..bed.shape().partitions).filter(|index| *index != AHEAD) {
            copy(bed.partition(index), copy_of(index));
        }
    });
    let claims = (0..torn.bed.shape().partitions).map(|index| {
        let claim = claim(&copy_of(index));
        if index == AHEAD {
            believed(claim, torn.epoch)
        } else {
            claim
        }
    });
    let epoch = claims.min().unwrap() + 1;
    for index in 0..torn.bed.shape().partitions {
        put_back(&torn.bed.partition(index), &copy_of(index));
        cut(&torn.bed.partition(index), index, epoch);
    }
    assert_eq!(torn.bed.resume().unwrap().epoch, epoch);
    torn.busy_execution();
    Continuity::read_restored(&torn.bed.records(), &[epoch]).unwrap()
}

#[test]
fn copy_is_usable_up_to_next_resume_epoch() {
    restored(|claim, resumed| claim.min(resumed - 1))
        .exact()
        .unwrap();
    let wrong = restored(|claim, resumed| {
        assert_eq!(
            claim, resumed,
            "the copy claims an epoch that was run again"
        );
        claim
    });
    assert!(wrong.count(Kind::WrongState) > 0, "{wrong:?}");
}

/// Returns the newest epoch that a copy alone shows as complete.
fn claim(copy: &Path) -> u64 {
    let connection = Connection::open(copy).unwrap();
    let newest = "SELECT max(coalesce((SELECT max(snap_epoch) FROM snaps), 1),
                             coalesce((SELECT max(worker_frontier) FROM fronts), 1)) - 1";
    connection.query_row(newest, (), |row| row.get(0)).unwrap()
}

/// Changes one partition of a set so that the set resumes at `epoch`.
fn cut(partition: &Path, index: u32, epoch: u64) {
    let connection = Connection::open(partition).unwrap();
    let delete = "DELETE FROM snaps WHERE snap_epoch >= ?1";
    connection.execute(delete, [epoch]).unwrap();
    connection.execute("DELETE FROM fronts", ()).unwrap();
    if index == 0 {
        add_execution(partition, 1000, epoch);
    }
}
