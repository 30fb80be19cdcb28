//! Tests the cut: partitions that were copied at different times become one exact store.

use store::partition::Partition;
use store::resume::Resume;

use super::Store;
use super::old_copies::{copy_live, wait_for};

/// Copies all partitions of a running gang one after the other, with `apart` numbers between them.
async fn staggered_copies(store: &Store, apart: u64) -> Vec<std::path::PathBuf> {
    let mut goal = store.goal(100).unwrap();
    let mut copies = Vec::new();
    for index in store.indexes() {
        wait_for(store, goal).await;
        goal += apart;
        let copy = store.scratch().join(format!("copy-{index}"));
        copy_live(store, index, &copy);
        copies.push(copy);
    }
    wait_for(store, goal).await;
    copies
}

/// Returns the epoch of every copy's newest snapshot, which shows that the copies have different ages.
fn newest(copies: &[std::path::PathBuf]) -> Vec<Option<u64>> {
    let newest = |copy| {
        Partition::open_read_only(copy)
            .unwrap()
            .newest_snap()
            .unwrap()
    };
    copies.iter().map(|copy| newest(copy)).collect()
}

#[tokio::test]
async fn staggered_copies_restore_exactly_with_other_shapes() {
    let mut store = Store::initialised(&[0, 1, 0, 1], 600).unwrap();
    let gang = store.start_gang(2).unwrap();
    let copies = staggered_copies(&store, 80).await;
    gang.kill().unwrap();
    let moments = newest(&copies);
    assert!(
        moments.iter().any(|moment| *moment != moments[0]),
        "{moments:?}"
    );
    store.lose().unwrap();
    store.restore(&copies, &[0, 1, 2]).unwrap();

    let gang = store.start_gang(3).unwrap();
    let first: Resume = *store.resumes.last().unwrap();
    let copies = staggered_copies(&store, 60).await;
    gang.kill().unwrap();
    store.lose().unwrap();
    store.restore(&copies, &[0]).unwrap();

    store.run_and_kill(1, 100).await.unwrap();
    let second: Resume = *store.resumes.last().unwrap();
    store.run_and_kill(1, 100).await.unwrap();
    let cuts = [first.epoch, second.epoch];
    store.continuity_after(&cuts).unwrap().exact().unwrap();
}

#[tokio::test]
async fn staggered_copies_are_wrong_without_the_cut() {
    let mut store = Store::initialised(&[0, 0, 0, 0], 600).unwrap();
    let gang = store.start_gang(1).unwrap();
    let copies = staggered_copies(&store, 80).await;
    gang.kill().unwrap();
    for (index, copy) in store.indexes().zip(&copies) {
        super::old_copies::replace(&store, index, copy);
    }
    let resume = store.run_unchecked(100).await.unwrap();
    let seen = store.continuity_after(&[resume]).unwrap();
    assert!(!seen.anomalies.is_empty());
}
