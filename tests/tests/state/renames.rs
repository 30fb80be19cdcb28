//! A renamed step or dataflow: refused while the old code runs on, or dropped as ordered.

use serde_json::{Value, json};
use wax_tests::counting::{Counting, NAME, flow};
use wax_tests::gang::GangWatch;
use wax_tests::namespace::condition;
use wax_tests::wait;

const CHECK: &str = "continuity.check.stateful_flat_map.stateful.stateful_batch";

#[tokio::test(flavor = "multi_thread")]
async fn code_that_would_leave_state_behind_is_refused_while_the_old_runs_on() {
    let recovery = json!({"enabled": true, "partsCount": 3, "backupInterval": 2});
    let mut counting = Counting::start("renames", 2, &recovery).await.unwrap();
    counting.ns.ready(NAME).await.unwrap();
    let watch = GangWatch::start(&counting.ns, NAME);
    let text = flow().unwrap();
    let renamed = text.replace("\"check\"", "\"verify\"");
    for (code, told) in [
        (
            renamed.clone(),
            format!("step {CHECK} was removed, and continuity.verify."),
        ),
        (
            text.replace("\"continuity\"", "\"continued\""),
            "dataflow continuity is now named continued, so all its 2 steps lose their state"
                .to_owned(),
        ),
    ] {
        counting.ns.source(NAME, &code).unwrap();
        let refused = |status: &Value| {
            let stalled = condition(status, "Stalled");
            let said = stalled["message"].as_str().unwrap_or_default();
            stalled["reason"] == "StateLost"
                && said.contains(&told)
                && said.contains("keeps running")
        };
        let status = counting.ns.status(NAME, &told, refused).await.unwrap();
        let orphaned = status["orphanedSteps"].as_array().unwrap();
        assert!(orphaned.contains(&json!(CHECK)), "{orphaned:?}");
        counting.is_exact().await.unwrap();
    }
    // Back to what runs.
    counting.ns.source(NAME, &text).unwrap();
    let status = counting.ns.ready(NAME).await.unwrap();
    assert!(status["orphanedSteps"].is_null(), "{status:#}");
    let seen = watch.finish().unwrap();
    assert_eq!(seen.in_turn().unwrap(), (1, 0), "{:#?}", seen.starts);

    // The same, with the order to drop what the step remembers.
    let before = counting.ns.ready(NAME).await.unwrap();
    counting.ns.source(NAME, &renamed).unwrap();
    counting.ns.stalled(NAME, "StateLost").await.unwrap();
    let store = &before["recovery"];
    let action = json!({
        "type": "DropSteps",
        "steps": [CHECK],
        "expect": {"storeId": store["storeId"], "timeline": store["timeline"]},
    });
    counting
        .apply(&json!({"recovery": {"action": action}}))
        .unwrap();
    let dropped = |status: &Value| {
        status["recovery"]["lastAction"]["type"] == "DropSteps" && status["phase"] == "Running"
    };
    counting.ns.status(NAME, "dropped", dropped).await.unwrap();
    // The source went on where it stood; what the step had counted is gone.
    let lost = wait::until("the loss", || Ok(counting.continuity()?.exact().err()));
    let lost = lost.await.unwrap().to_string();
    assert!(lost.contains("follows 0"), "{lost}");
}
