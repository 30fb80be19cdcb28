//! Tests moves and repartitions of the store between executions of real engines.

use rusqlite::Connection;
use store::route;

use super::Store;

#[tokio::test]
async fn moves_between_killed_executions_are_exact() {
    let mut store = Store::initialised(&[0, 1, 2], 0).unwrap();
    store.run_and_kill(3, 100).await.unwrap();
    store.relocate(&[0, 1, 0]).unwrap();
    store.run_and_kill(2, 100).await.unwrap();
    store.relocate(&[0, 0, 0]).unwrap();
    store.run_and_kill(1, 100).await.unwrap();
    store.run_and_kill(3, 100).await.unwrap();
    store.relocate(&[2, 1, 0]).unwrap();
    store.run_and_kill(3, 100).await.unwrap();
    let continuity = store.continuity().unwrap();
    continuity.exact().unwrap();
    assert_eq!(continuity.source_runs, 5 * 4);
    assert_resumed_later_each_time(&store, 5);
}

#[tokio::test]
async fn repartition_and_its_reverse_are_exact() {
    let mut store = Store::initialised(&[0, 1, 0, 1], 3).unwrap();
    store.run_and_kill(2, 150).await.unwrap();
    assert_routed_as_we_say(&store, 4);
    store.repartition(&[0, 1, 2, 0, 1, 2]).unwrap();
    store.run_and_kill(3, 100).await.unwrap();
    assert_routed_as_we_say(&store, 6);
    store.repartition(&[0]).unwrap();
    store.run_and_kill(1, 100).await.unwrap();
    store.repartition(&[0, 1, 0, 1]).unwrap();
    store.run_and_kill(2, 100).await.unwrap();
    store.continuity().unwrap().exact().unwrap();
    assert_resumed_later_each_time(&store, 4);
}

#[tokio::test]
async fn repartition_without_moved_rows_loses_state() {
    let mut store = Store::initialised(&[0; 4], 600).unwrap();
    store.run_and_kill(1, 150).await.unwrap();
    let last = Connection::open(store.partition(3)).unwrap();
    let count = "SELECT count(*) FROM snaps";
    let rows: u32 = last.query_row(count, (), |row| row.get(0)).unwrap();
    assert!(rows > 0, "there is something to lose");
    drop(last);
    store.drop_last().unwrap();
    store.run_unchecked(100).await.unwrap();
    let seen = store.continuity().unwrap();
    assert!(!seen.anomalies.is_empty());
}

/// Checks that each start is the next execution, and resumes from a later epoch than the one before.
fn assert_resumed_later_each_time(store: &Store, starts: u64) {
    let executions = store.resumes.iter().map(|resume| resume.execution);
    assert!(executions.eq(0..starts), "{:?}", store.resumes);
    assert!(
        store
            .resumes
            .is_sorted_by(|one, next| one.epoch < next.epoch),
        "{:?}",
        store.resumes
    );
}

/// Checks that every row is in the partition to which our routing assigns it.
fn assert_routed_as_we_say(store: &Store, count: u32) {
    let mut rows = 0;
    for index in 0..count {
        let connection = Connection::open(store.partition(index)).unwrap();
        let mut check = |sql: &str, route: &dyn Fn(&rusqlite::Row<'_>) -> u32| {
            let mut all = connection.prepare(sql).unwrap();
            let mut found = all.query(()).unwrap();
            while let Some(row) = found.next().unwrap() {
                assert_eq!(route(row), index, "{sql}: {row:?}");
                rows += 1;
            }
        };
        check("SELECT ex_num FROM exs", &|row| {
            route::partition_of_execution(row.get(0).unwrap(), count)
        });
        check("SELECT ex_num, worker_index FROM fronts", &|row| {
            route::partition_of_front(row.get(0).unwrap(), row.get(1).unwrap(), count)
        });
        check("SELECT step_id, state_key FROM snaps", &|row| {
            let text = |at| row.get::<_, String>(at).unwrap();
            route::partition_of_state(&text(0), &text(1), count)
        });
    }
    // One execution, two workers, and at least one row for each key of the two stateful steps.
    assert!(rows >= 1 + 2 + 2 * 4, "{rows}");
}
