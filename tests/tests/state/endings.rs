//! Tests a process that dies after the end of its input, while another process has ended without a failure.

use serde_json::{Value, json};
use wax_tests::counting::{Counting, KEYS, NAME, flow};
use wax_tests::namespace::condition;

use super::backups::suspend;

/// Kills the engine of process 1 once, after it has read all its input, while Python exits.
const DIES_AT_THE_END: &str = r#"
import atexit
import pathlib
import signal


def die_once():
    died = pathlib.Path(os.environ["CONTINUITY_FOLDER"], "died")
    if socket.gethostname() == "counts-1" and not died.exists():
        died.touch()
        os.kill(os.getpid(), signal.SIGKILL)


atexit.register(die_once)
"#;

#[tokio::test(flavor = "multi_thread")]
async fn process_killed_at_end_of_input_resumes() {
    let recovery = json!({"enabled": true, "partsCount": 4, "backupInterval": 5});
    let mut counting = Counting::start("endings", 2, &recovery).await.unwrap();
    // The end is set while the flow is suspended. A running flow might pass that number before it gets the new setting.
    suspend(&mut counting).await;
    let code = flow().unwrap() + DIES_AT_THE_END;
    counting.ns.source(NAME, &code).unwrap();
    let highest = counting.continuity().unwrap().highest;
    let last = highest.into_values().max().unwrap() + 50;
    counting.last(last).unwrap();
    counting.apply(&json!({"suspend": false})).unwrap();
    let mut told = Vec::new();
    let completed = counting.ns.status(NAME, "Completed", |status: &Value| {
        told.push(status["lastFailure"]["pod"].clone());
        condition(status, "Ready")["reason"] == "Completed"
    });
    completed.await.unwrap();
    assert!(counting.records().join("died").exists(), "process 1 died");
    assert!(
        told.contains(&json!("counts-1")),
        "and status reports it: {told:?}"
    );
    let seen = counting.continuity().unwrap();
    seen.exact().unwrap();
    assert_eq!(seen.highest.len(), KEYS);
    let all_read = seen.highest.values().all(|highest| *highest == last);
    assert!(all_read, "up to {last}: {:?}", seen.highest);
}
