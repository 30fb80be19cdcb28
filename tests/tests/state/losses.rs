//! Processes and pods are lost at any moment, and the state is not.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::time::Duration;

use serde_json::json;
use wax_tests::counting::{Counting, NAME};
use wax_tests::processes;

/// How many processes are killed.
const KILLS: usize = 20;

/// Numbers that are the same for the same seed (splitmix64).
struct Random(u64);

impl Random {
    /// A number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    /// One of them, if there are any.
    fn one_of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(all.len()).ok().filter(|count| *count > 0)?;
        all.get(usize::try_from(self.below(count)).ok()?)
    }
}

/// Kills any process of any pod after a pause of any length: engines, their first processes, sidecars,
/// what runs before them, also while the gang still comes back from the last death.
#[expect(clippy::print_stdout, reason = "whoever repeats it needs to know")]
async fn kill_at_random(counting: &Counting) {
    let seed = std::env::var("WAX_SEED").map_or_else(
        |_| RandomState::new().hash_one("losses"),
        |seed| seed.parse().unwrap(),
    );
    println!("WAX_SEED={seed}");
    let mut random = Random(seed);
    let mut kills = 0;
    while kills < KILLS {
        // The random moment itself.
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
async fn killed_processes_and_deleted_pods_lose_nothing() {
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
    println!("{} lives, {} records replayed", seen.lives, seen.replayed);
    assert!(
        seen.lives > 7,
        "every loss began a new life: {}",
        seen.lives
    );
}
