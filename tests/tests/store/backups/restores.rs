//! Tests restores of a lost store: to other placements, to older restore points, and from the bucket of another
//! namespace.

use wax_tests::s3::S3;

use super::super::Store;
use super::super::old_copies::wait_for;
use super::sidecar::{Environment, Sidecar, restore, sidecars};

/// Requests copies from the processes one after the other, with some numbers between them.
async fn staggered(store: &Store, sidecars: &[Sidecar], round: u32) {
    let mut goal = store.goal(100).unwrap();
    for _ in 0..2 {
        for (at, sidecar) in sidecars.iter().enumerate() {
            wait_for(store, goal).await;
            goal += 60;
            let id = format!("{round}-{at}-{goal}");
            let (code, answer) = sidecar.copy(&id).unwrap();
            assert_eq!(code, 200, "{answer}");
            // A repeated request makes no new copy.
            assert_eq!(sidecar.copy(&id).unwrap(), (code, answer));
        }
    }
    wait_for(store, goal).await;
}

#[tokio::test]
async fn lost_store_is_restored_twice_with_other_shapes() {
    let mut store = Store::initialised(&[0, 1, 0, 1], 600).unwrap();
    let s3 = S3::start().unwrap();
    let bucket = s3.environment();
    let gang = store.start_gang(2).unwrap();
    let copying = sidecars(&store, 2, &bucket).await.unwrap();
    staggered(&store, &copying, 1).await;
    let offered = copying[0].epochs().unwrap();
    assert!(offered.len() >= 2, "{offered:?}");
    assert!(
        copying
            .iter()
            .all(|sidecar| sidecar.scratch().unwrap().is_empty())
    );
    drop(copying);
    gang.kill().unwrap();
    store.lose().unwrap();
    restore(&mut store, &bucket, &[0, 1, 2], None)
        .unwrap()
        .ok()
        .unwrap();

    let gang = store.start_gang(3).unwrap();
    let first = store.resumes.last().unwrap().epoch;
    assert_eq!(first, offered[0]);
    let copying = sidecars(&store, 3, &bucket).await.unwrap();
    staggered(&store, &copying, 2).await;
    drop(copying);
    gang.kill().unwrap();
    store.lose().unwrap();
    restore(&mut store, &bucket, &[0], None)
        .unwrap()
        .ok()
        .unwrap();

    store.run_and_kill(1, 100).await.unwrap();
    let second = store.resumes[2].epoch;
    assert!(second > first, "{second} after {first}");
    store.run_and_kill(1, 100).await.unwrap();
    let seen = store.continuity_after(&[first, second]).unwrap();
    seen.exact().unwrap();
}

#[tokio::test]
async fn named_older_restore_point_is_restored() {
    let mut store = Store::initialised(&[0, 0, 0, 0], 600).unwrap();
    let s3 = S3::start().unwrap();
    let bucket = s3.environment();
    let gang = store.start_gang(1).unwrap();
    let copying = sidecars(&store, 1, &bucket).await.unwrap();
    staggered(&store, &copying, 1).await;
    let offered = copying[0].epochs().unwrap();
    drop(copying);
    gang.kill().unwrap();
    store.lose().unwrap();
    let oldest = offered.last().copied().unwrap();
    assert!(offered[0] > oldest, "{offered:?}");
    let point = format!("1-0a1b2c3d/{oldest}");
    let restored = restore(&mut store, &bucket, &[0], Some(&point)).unwrap();
    restored.ok().unwrap();
    store.run_and_kill(1, 100).await.unwrap();
    let resumed = store.resumes.last().unwrap().epoch;
    assert_eq!(resumed, oldest);
    let seen = store.continuity_after(&[oldest]).unwrap();
    seen.exact().unwrap();
}

#[tokio::test]
async fn copies_too_far_apart_are_refused_with_epochs() {
    let places = [0, 1, 0, 1];
    let mut store = Store::initialised(&places, 0).unwrap();
    let s3 = S3::start().unwrap();
    let bucket = s3.environment();
    let gang = store.start_gang(2).unwrap();
    let copying = sidecars(&store, 2, &bucket).await.unwrap();
    let mut goal = store.goal(100).unwrap();
    for sidecar in &copying {
        wait_for(&store, goal).await;
        assert_eq!(sidecar.copy("once").unwrap().0, 200);
        // Several epochs of 1 s each, at 50 numbers per second.
        goal += 300;
    }
    drop(copying);
    gang.kill().unwrap();
    store.lose().unwrap();
    let refused = restore(&mut store, &bucket, &[0, 0], None).unwrap();
    let said = refused.code(3).unwrap().stderr;
    assert!(said.contains("is complete only up to epoch"), "{said}");
    assert!(said.contains("has collected up to epoch"), "{said}");
}

#[tokio::test]
async fn stores_of_two_namespaces_share_only_the_bucket() {
    let mut store = Store::initialised(&[0], 600).unwrap();
    let s3 = S3::start().unwrap();
    let bucket = s3.environment();
    let elsewhere: Environment = {
        let mut told = bucket.clone();
        told.push(("WAXRUN_NAMESPACE", "elsewhere".to_owned()));
        told
    };
    let gang = store.start_gang(1).unwrap();
    let here = sidecars(&store, 1, &bucket).await.unwrap();
    let there = sidecars(&store, 1, &elsewhere).await.unwrap();
    let goal = store.goal(100).unwrap();
    wait_for(&store, goal).await;
    assert_eq!(there[0].copy("there").unwrap().0, 200);
    assert_eq!(here[0].epochs().unwrap(), [] as [u64; 0]);
    let epochs = there[0].epochs().unwrap();
    drop((here, there));
    gang.kill().unwrap();
    store.lose().unwrap();
    let refused = restore(&mut store, &bucket, &[0], None).unwrap();
    let said = refused.code(3).unwrap().stderr;
    assert!(
        said.contains("the copies of timeline 1-0a1b2c3d contain no restore point"),
        "{said}"
    );
    store.undo_restore(&[0]);
    // The copies of the other namespace are used only if their full name is given.
    let point = format!(
        "elsewhere/counting/6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10/1-0a1b2c3d/{}",
        epochs[0]
    );
    let restored = restore(&mut store, &bucket, &[0], Some(&point)).unwrap();
    restored.ok().unwrap();
    store.run_and_kill(1, 100).await.unwrap();
    let seen = store.continuity_after(&[epochs[0]]).unwrap();
    seen.exact().unwrap();
}
