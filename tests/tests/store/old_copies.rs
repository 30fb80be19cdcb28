//! Tests that a partition which was replaced by an old copy is found.

use store::resume::{ResumeFault, Staleness};
use wax_tests::partitions;
use wax_tests::wait::until;

use super::Store;

/// Returns the partitions that are refused as old copies, each with the evidence.
fn stale(store: &mut Store, processes: u32) -> Vec<(u32, Staleness)> {
    let (members, facts) = store.offers(processes).unwrap();
    let faults = store.agree(&facts).unwrap_err();
    drop(members);
    let stale = faults.into_iter().filter_map(|fault| match fault {
        ResumeFault::StalePartition { index, why } => Some((index, why)),
        _ => None,
    });
    stale.collect()
}

#[tokio::test]
async fn copy_from_before_last_start_is_refused() {
    let mut store = Store::initialised(&[0, 1, 0, 1], 600).unwrap();
    store.run_and_kill(2, 100).await.unwrap();
    for index in 0..4 {
        let copy = store.scratch().join(format!("copy-{index}"));
        copy_live(&store, index, &copy);
    }
    store.run_and_kill(2, 100).await.unwrap();
    for index in 0..4 {
        let current = store.scratch().join("current");
        copy_live(&store, index, &current);
        replace(
            &store,
            index,
            &store.scratch().join(format!("copy-{index}")),
        );
        let newest = 1;
        assert_eq!(
            stale(&mut store, 2),
            [(index, Staleness::Execution { newest })]
        );
        replace(&store, index, &current);
    }
    store.run_and_kill(2, 50).await.unwrap();
    store.continuity().unwrap().exact().unwrap();
}

#[tokio::test]
async fn copy_from_same_execution_is_refused_by_commit() {
    let mut store = Store::initialised(&[0, 1, 0, 1], 0).unwrap();
    let gang = store.start_gang(2).unwrap();
    let first = store.goal(50).unwrap();
    wait_for(&store, first).await;
    for index in 0..4 {
        copy_live(
            &store,
            index,
            &store.scratch().join(format!("copy-{index}")),
        );
    }
    // The commit epoch may lag two epochs of 1 s each. A key has 50 numbers per second.
    let goal = store.goal(400).unwrap();
    wait_for(&store, goal).await;
    gang.kill().unwrap();
    for index in 0..4 {
        let current = store.scratch().join("current");
        copy_live(&store, index, &current);
        replace(
            &store,
            index,
            &store.scratch().join(format!("copy-{index}")),
        );
        let named: Vec<_> = stale(&mut store, 2)
            .into_iter()
            .map(|(index, _)| index)
            .collect();
        // If the copy has the newest frontiers, the whole store would resume earlier. Then the store is refused
        // because all other partitions have collected later epochs.
        let (_members, facts) = store.offers(2).unwrap();
        let faults = store.agree(&facts).unwrap_err();
        let ahead = faults
            .iter()
            .any(|fault| matches!(fault, ResumeFault::Collected { .. }));
        assert!(named == [index] || ahead, "{index}: {faults:?}");
        drop(_members);
        replace(&store, index, &current);
    }
    store.run_and_kill(2, 50).await.unwrap();
    store.continuity().unwrap().exact().unwrap();
}

pub(crate) async fn wait_for(store: &Store, number: u64) {
    until("the keys' numbers", || {
        Ok(store.continuity()?.reached(4, number).then_some(()))
    })
    .await
    .unwrap();
}

/// Copies a partition. An engine may have it open.
pub(crate) fn copy_live(store: &Store, index: u32, to: &std::path::Path) {
    partitions::copy_live(&store.partition(index), to).unwrap();
}

/// Replaces a partition by a copy.
pub(crate) fn replace(store: &Store, index: u32, from: &std::path::Path) {
    partitions::replace(&store.partition(index), from).unwrap();
}
