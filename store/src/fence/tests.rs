use crate::fixture::Volumes;

use super::*;

fn alone(volumes: &Volumes) -> Result<Fence, FenceError> {
    Fence::alone([
        volumes.volume(0).folder.as_path(),
        &volumes.volume(1).folder,
    ])
}

fn entry(volumes: &Volumes, ordinal: u32, alone: bool) -> Result<Fence, FenceError> {
    Entry::new(&volumes.volume(1).folder, ordinal, || alone)?.join()
}

#[track_caller]
fn assert_busy(result: &Result<Fence, FenceError>) {
    assert!(matches!(result, Err(FenceError::Busy { .. })), "{result:?}");
}

#[test]
fn a_second_writer_is_refused_at_once_and_leaves_no_lock_behind() {
    let volumes = Volumes::empty(2);
    let second_only = Fence::alone([volumes.volume(1).folder.as_path()]).unwrap();
    assert_busy(&alone(&volumes));
    // The first volume's lock was taken and given back.
    drop(Fence::alone([volumes.volume(0).folder.as_path()]).unwrap());
    drop(second_only);
    drop(alone(&volumes).unwrap());
}

#[test]
fn processes_share_a_volume_and_keep_jobs_out() {
    let volumes = Volumes::empty(2);
    let first = entry(&volumes, 0, true).unwrap();
    let second = entry(&volumes, 1, false).unwrap();
    assert_busy(&entry(&volumes, 1, false));
    assert_busy(&alone(&volumes));
    drop(first);
    assert_busy(&alone(&volumes));
    drop(second);
    let job = alone(&volumes).unwrap();
    assert_busy(&entry(&volumes, 0, false));
    assert_busy(&entry(&volumes, 0, true));
    drop(job);
}

#[test]
fn a_newer_start_of_fewer_processes_waits_for_all_of_the_older() {
    let volumes = Volumes::empty(2);
    let old = entry(&volumes, 1, true).unwrap();
    assert_busy(&entry(&volumes, 0, true));
    drop(old);
    drop(entry(&volumes, 0, true).unwrap());
}
