//! Tests that killed processes and deleted pods lose no state.

use std::time::Duration;

use serde_json::json;
use wax_tests::counting::{Counting, NAME};
use wax_tests::processes;
use wax_tests::sample::Sample;

/// Kills random processes of random pods at random times: engines, `launch`, sidecars and init containers, also while
/// the gang still restarts after the last kill.
#[expect(
    clippy::print_stdout,
    reason = "the output of a failed test says how to repeat it"
)]
async fn kill_at_random(counting: &Counting) {
    let sample = Sample::of_this_run().unwrap();
    let mut random = sample.random("losses");
    let wanted = sample.choose(20, 6);
    let mut kills = 0;
    while kills < wanted {
        // A sleep of random length is the point of this test.
        tokio::time::sleep(Duration::from_millis(random.below(3000))).await;
        let pods = counting.ns.gang(NAME).await.unwrap();
        let Some(pod) = random.one_of(&pods) else {
            continue;
        };
        let processes = processes::of_pod(pod).unwrap();
        let Some(process) = random.one_of(&processes) else {
            continue;
        };
        process.kill().unwrap();
        kills += 1;
        let name = pod.metadata.name.as_deref().unwrap_or_default();
        println!("{kills}: {name}: {}", process.command);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_processes_and_deleted_pods_lose_no_state() {
    let recovery = json!({"enabled": true, "partsCount": 4, "backupInterval": 3});
    let counting = Counting::start("losses", 3, &recovery).await.unwrap();
    kill_at_random(&counting).await;
    counting.is_exact().await.unwrap();
    let pods: Vec<String> = (0..3).map(|process| format!("{NAME}-{process}")).collect();
    let deletions: [&[String]; 3] = [&pods[0..1], &pods[1..2], &pods];
    for pods in deletions {
        let mut command = vec!["delete", "pod", "--wait=false"];
        command.extend(pods.iter().map(String::as_str));
        counting.ns.kubectl(&command).unwrap().ok().unwrap();
        counting.is_exact().await.unwrap();
    }
    let seen = counting.is_exact().await.unwrap();
    println!(
        "{} source runs, {} records replayed",
        seen.source_runs, seen.replayed
    );
    assert!(
        seen.source_runs > 7,
        "every loss began new source runs: {}",
        seen.source_runs
    );
}
