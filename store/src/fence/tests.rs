use crate::fixture::Volumes;

use super::*;

fn alone(volumes: &Volumes) -> Result<Fence, FenceError> {
    Fence::exclusive([
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
fn refused_writer_leaves_no_lock() {
    let volumes = Volumes::empty(2);
    let second_only = Fence::exclusive([volumes.volume(1).folder.as_path()]).unwrap();
    assert_busy(&alone(&volumes));
    // The lock of the first volume was taken and released.
    drop(Fence::exclusive([volumes.volume(0).folder.as_path()]).unwrap());
    drop(second_only);
    drop(alone(&volumes).unwrap());
}

#[test]
fn processes_share_a_volume_and_exclude_store_changes() {
    let volumes = Volumes::empty(2);
    let first = entry(&volumes, 0, true).unwrap();
    let second = entry(&volumes, 1, false).unwrap();
    assert_busy(&entry(&volumes, 1, false));
    assert_busy(&alone(&volumes));
    drop(first);
    assert_busy(&alone(&volumes));
    drop(second);
    let change = alone(&volumes).unwrap();
    assert_busy(&entry(&volumes, 0, false));
    assert_busy(&entry(&volumes, 0, true));
    drop(change);
}

#[test]
fn newer_start_is_refused_while_older_runs() {
    let volumes = Volumes::empty(2);
    let old = entry(&volumes, 1, true).unwrap();
    assert_busy(&entry(&volumes, 0, true));
    drop(old);
    drop(entry(&volumes, 0, true).unwrap());
}
