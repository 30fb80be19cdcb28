//! Tests recovery actions that people apply with waxctl: `df reset-state` and `df rollback`.

use dataflow::code::Code;
use dataflow::label;
use dataflow::step_record;
use dataflow::steps::Shape;
use serde_json::{Value, json};
use wax_tests::command::{Finished, run};
use wax_tests::counting::{Counting, NAME, flow};
use wax_tests::local::bytewax_python;
use wax_tests::wait;

/// Runs waxctl with the Python that has Bytewax on its PATH.
fn waxctl(counting: &Counting, verb: &str, more: &[&str]) -> Finished {
    let ns = &counting.ns;
    let words = ["df", verb, NAME, "-n", &ns.name];
    let mut command = ns
        .waxctl_command(ns.folder(), &[&words[..], more].concat())
        .unwrap();
    let python = bytewax_python().unwrap().parent().unwrap().to_owned();
    let path = std::iter::once(python).chain(std::env::split_paths(&ns.cluster.path));
    command.env("PATH", std::env::join_paths(path).unwrap());
    run(&mut command, b"").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn reset_state_needs_force_and_yes() {
    let recovery = json!({"enabled": true, "partsCount": 2, "backupInterval": 2});
    let counting = Counting::start("reset", 2, &recovery).await.unwrap();
    let before = counting.ns.ready(NAME).await.unwrap();
    for more in [&[][..], &["--yes"], &["--force"]] {
        waxctl(&counting, "reset-state", more).code(5).unwrap();
    }
    counting.is_exact().await.unwrap();
    let reset = waxctl(&counting, "reset-state", &["--force", "--yes"]);
    reset.code(0).unwrap();
    let done = |status: &Value| {
        status["recovery"]["lastAction"]["type"] == "Reset" && status["phase"] == "Running"
    };
    let after = counting.ns.status(NAME, "a reset", done).await.unwrap();
    let store = |status: &Value, what: &str| status["recovery"][what].clone();
    assert_eq!(store(&after, "storeId"), store(&before, "storeId"));
    assert_ne!(store(&after, "timeline"), store(&before, "timeline"));
    // All keys begin again at 1, which the checker must report as a loss.
    let lost = wait::until("a beginning", || Ok(counting.continuity()?.exact().err()));
    lost.await.unwrap();
    // The same action again expects a timeline that no longer exists.
    waxctl(&counting, "reset-state", &["--force"])
        .code(5)
        .unwrap();
}

/// Waits until the flow runs a revision for which `holds` is true.
async fn runs(counting: &Counting, what: &str, holds: impl Fn(&Value) -> bool) {
    let runs = |status: &Value| holds(&status["revision"]) && status["phase"] == "Running";
    counting.ns.status(NAME, what, runs).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn rollback_keeps_state_or_names_the_loss() {
    let recovery = json!({"enabled": true, "partsCount": 2, "backupInterval": 2});
    let counting = Counting::start("rollback", 1, &recovery).await.unwrap();
    let first = counting.ns.ready(NAME).await.unwrap()["revision"].clone();

    // Code with the same stateful steps. Their record alone restarts nothing.
    let text = flow().unwrap();
    let other = text.clone() + "\n# Another.\n";
    let pods = pods(&counting).await;
    record(&counting, &other).await;
    counting.is_exact().await.unwrap();
    assert_eq!(self::pods(&counting).await, pods);
    counting.ns.source(NAME, &other).unwrap();
    runs(&counting, "another", |revision| *revision != first).await;
    let another = counting.ns.ready(NAME).await.unwrap()["revision"].clone();
    counting.is_exact().await.unwrap();
    waxctl(&counting, "rollback", &[]).code(5).unwrap();
    let back = ["--yes", "--force-conflicts"];
    // kubectl applied the first revision, so has no record of its steps.
    let refused = waxctl(&counting, "rollback", &back).code(5).unwrap().stderr;
    assert!(refused.contains("has no record of its steps"), "{refused}");
    let back = [&back[..], &["--accept-unchecked-steps"]].concat();
    waxctl(&counting, "rollback", &back).code(0).unwrap();
    runs(&counting, "the first", |revision| *revision == first).await;
    counting.is_exact().await.unwrap();

    // Code with one more stateful step, whose state the earlier code would orphan.
    let more = text
        + "\nop.stateful_map(\"more\", kinds.trues, lambda seen, item: ((seen or 0) + 1, item))\n";
    counting.ns.source("wider", &more).unwrap();
    let patch = json!({"spec": {"configMapName": "wider-source"}}).to_string();
    let patch = ["patch", "dataflow", NAME, "--type", "merge", "-p", &patch];
    counting.ns.kubectl(&patch).unwrap().ok().unwrap();
    runs(&counting, "the wider one", |revision| *revision != first).await;
    counting.is_exact().await.unwrap();
    back_from_more(&counting, &another).await;
}

/// Writes the record of the steps of `code` into the Dataflow, as waxctl does before it applies the code.
async fn record(counting: &Counting, code: &str) {
    let map = "continuity.check.stateful_flat_map.stateful.stateful_batch";
    let shape = Shape {
        flow: "continuity".to_owned(),
        stateful: vec!["continuity.items".to_owned(), map.to_owned()],
        ..Shape::default()
    };
    let mut files = Code::new();
    files.insert("flow.py", code).unwrap();
    let live = counting.ns.dataflows().get(NAME).await.unwrap();
    let text = step_record::write(&shape, &live.spec, &files.hash()).unwrap();
    let steps = format!("{}={text}", label::STEPS);
    let annotate = ["annotate", "dataflow", NAME, &steps];
    counting.ns.kubectl(&annotate).unwrap().ok().unwrap();
}

/// Returns the UIDs of the pods of the gang.
async fn pods(counting: &Counting) -> Vec<Option<String>> {
    let gang = counting.ns.gang(NAME).await.unwrap();
    gang.into_iter().map(|pod| pod.metadata.uid).collect()
}

/// Checks that a rollback names the step that it would orphan, and drops its state only with `--accept-state-loss`.
async fn back_from_more(counting: &Counting, another: &Value) {
    let revision = another.as_str().unwrap();
    let to = ["--to", revision, "--yes", "--force-conflicts"];
    let refused = waxctl(counting, "rollback", &to).code(5).unwrap().stderr;
    let step = "continuity.more.stateful_flat_map.stateful.stateful_batch";
    let removed = format!("step {step} was removed");
    for words in [removed.as_str(), "df restore counts --to POINT"] {
        assert!(refused.contains(words), "{refused}");
    }
    counting.is_exact().await.unwrap();
    let meant = [&to[..], &["--accept-state-loss"]].concat();
    waxctl(counting, "rollback", &meant).code(0).unwrap();
    let dropped = |status: &Value| {
        status["recovery"]["lastAction"]["steps"] == json!([step])
            && status["revision"] == *another
            && status["phase"] == "Running"
    };
    let ns = &counting.ns;
    ns.status(NAME, "dropped", dropped).await.unwrap();
    counting.is_exact().await.unwrap();
}
