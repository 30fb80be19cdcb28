//! Tests copies of partitions that are too far apart for a restore: the operator reports their epochs and refuses it.

use std::fs;

use serde_json::{Value, json};
use wax_tests::counting::{Counting, NAME};
use wax_tests::namespace::condition;
use wax_tests::s3::S3;
use wax_tests::{TestNamespace, wait};

use super::backup_conditions::events;
use super::backups::{apply_action, ask, lose, point};
use super::bucket::{Sealed, manifests, resumed};

#[tokio::test(flavor = "multi_thread")]
async fn copies_too_far_apart_are_refused_with_epochs() {
    let s3 = S3::in_box(wax_tests::Cluster::shared().unwrap()).unwrap();
    let ns = TestNamespace::new("infeasible").await.unwrap();
    ns.apply(&s3.keys().to_string()).unwrap();
    // The engine keeps old snapshots for the time between four of these copies, and no longer.
    let recovery = json!({
        "enabled": true,
        "partsCount": 2,
        "backupInterval": 1,
        "cloudBackup": s3.cloud_backup(3),
    });
    let mut counting = Counting::start_in(ns, 2, &recovery).await.unwrap();
    point(&counting, 5).await;
    let restorable = |wanted: &'static str| {
        move |status: &Value| condition(status, "Restorable")["status"] == wanted
    };
    let there = counting.ns.status(NAME, "Restorable", restorable("True"));
    there.await.unwrap();

    // From now on only partition 0 is copied, and its copies that fit those of partition 1 are removed.
    let last = manifests(&s3, "1").unwrap().pop().unwrap();
    let sealed = Sealed::new(last.parent().unwrap()).unwrap();
    let mut fitted = manifests(&s3, "0").unwrap();
    // One copy of partition 0 always remains. Otherwise status would report that there is none.
    fitted.pop();
    let copies = fitted.iter().map(|path| path.with_extension("sqlite3"));
    fitted.extend(copies.filter(|path| path.exists()).collect::<Vec<_>>());
    let fitted = s3.remove_for_a_while(fitted).unwrap();
    wait::until("copies that do not fit", || {
        // All new copies but the newest are removed, because those between fit as well.
        let new = manifests(&s3, "0")?;
        for path in new.iter().rev().skip(1) {
            fs::remove_file(path)?;
        }
        let known = ask(&counting, 0, "/v1/backups?most=1");
        let none = known.is_some_and(|known| known["points"] == json!([]));
        Ok((none && !new.is_empty()).then_some(()))
    })
    .await
    .unwrap();
    let lacking = counting
        .ns
        .status(NAME, "not Restorable", restorable("False"));
    let told = condition(&lacking.await.unwrap(), "Restorable")["message"].to_string();
    names_numbers(&told);
    events(&counting, &["NotRestorable"]).await;

    lose(&mut counting, 2).await;
    drop(sealed);
    apply_action(&mut counting, json!({"type": "Restore"}), 1).await;
    let refused = counting.ns.stalled(NAME, "StoreRefused").await.unwrap();
    names_numbers(&refused);

    fitted.put_back().unwrap();
    counting.ns.ready(NAME).await.unwrap();
    counting.advances().await.unwrap();
    let epochs = [resumed(&counting).await];
    counting.continuity_after(&epochs).unwrap().exact().unwrap();
}

/// Checks that the message names both epochs: how far one partition is complete, and how far the other has collected.
fn names_numbers(sentence: &str) {
    let after = |words: &str| {
        let number = sentence.split(words).nth(1).unwrap_or_default();
        let digits = number.chars().take_while(char::is_ascii_digit);
        digits.collect::<String>().parse::<u64>()
    };
    let complete = after("partition 1 is complete only up to epoch ");
    let collected = after("partition 0 has collected up to epoch ");
    assert!(complete.unwrap() < collected.unwrap(), "{sentence}");
}
