//! Tests `waxrun launch` with recovery and real engines, on folders and addresses of this machine: state is exact
//! after every kind of kill, and a volume never has two engines.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use serde_json::{Value, json};
use wax_tests::pods::{KEYS, Pods};

/// The steps of the flow that keep state, as the engine stores them.
const STATEFUL: [&str; 2] = [
    "continuity.items",
    "continuity.check.stateful_flat_map.stateful.stateful_batch",
];

/// Kind of a kill: SIGKILL of the engine, SIGKILL of the whole container, or SIGTERM of the pod.
#[derive(Clone, Copy, Debug)]
enum Blow {
    Engine,
    Container,
    Pod,
}

#[tokio::test(flavor = "multi_thread")]
async fn gang_is_exact_after_every_kind_of_kill() {
    let mut pods = Pods::new(&[0, 1, 0, 1], 2).unwrap();
    pods.initialise().unwrap();
    pods.verify_all().unwrap();
    pods.start_all().unwrap();
    let blows = [
        (Blow::Engine, 1),
        (Blow::Container, 0),
        (Blow::Pod, 1),
        (Blow::Container, 1),
        (Blow::Pod, 0),
        (Blow::Engine, 0),
    ];
    for (blow, process) in blows {
        // The load of the machine makes it random how far the flow is at the kill.
        pods.advance().await.unwrap();
        match blow {
            Blow::Engine => pods.kill_engine(process).unwrap(),
            Blow::Container => pods.kill(process).unwrap(),
            Blow::Pod => pods.replace(process).unwrap(),
        }
    }
    pods.advance().await.unwrap();
    pods.kill_all();
    let seen = pods.continuity().unwrap();
    seen.exact().unwrap();
    assert!(seen.source_runs > KEYS, "no source started again");
    println!(
        "{} source runs, {} records replayed",
        seen.source_runs, seen.replayed
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn single_process_is_exact_after_kills() {
    let mut pods = Pods::new(&[0, 0], 1).unwrap();
    pods.initialise().unwrap();
    pods.start_all().unwrap();
    for _ in 0..2 {
        pods.advance().await.unwrap();
        pods.kill(0).unwrap();
    }
    pods.advance().await.unwrap();
    pods.kill_all();
    pods.continuity().unwrap().exact().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_with_one_volume_are_exact_after_kills() {
    let mut pods = Pods::shared(3, 2).unwrap();
    pods.initialise().unwrap();
    pods.start_all().unwrap();
    for process in [1, 0] {
        pods.advance().await.unwrap();
        pods.kill(process).unwrap();
    }
    pods.advance().await.unwrap();
    pods.kill_all();
    pods.continuity().unwrap().exact().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn volume_in_use_refuses_other_starts() {
    let mut pods = Pods::new(&[0, 1], 2).unwrap();
    pods.initialise().unwrap();
    pods.start_all().unwrap();
    pods.advance().await.unwrap();

    let (code, said) = pods.run_once("launch", 1, 1).unwrap();
    assert_eq!(code, 4, "{said}");
    assert!(
        said.contains("StoreBusy") && said.contains("(PVC UID claim-1)"),
        "{said}"
    );
    let (code, said) = pods.run_once("verify", 0, 1).unwrap();
    assert_eq!(code, 4, "{said}");

    // Race: an engine may outlive its `launch` for a moment, and holds the lock of the volume until it ends.
    pods.kill_all();
    let (code, said) = wax_tests::wait::until("the end of the engine", || {
        let (code, said) = pods.run_once("launch", 0, 0)?;
        Ok((code != 4).then_some((code, said)))
    })
    .await
    .unwrap();
    assert_eq!(code, 3, "a start that is over: {said}");
    assert!(
        said.contains("StoreRefused") && said.contains("volume 0"),
        "{said}"
    );
    pods.continuity().unwrap().exact().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn old_copy_of_volume_is_refused_by_all() {
    let mut pods = Pods::new(&[0, 1], 2).unwrap();
    pods.initialise().unwrap();
    pods.start_all().unwrap();
    pods.advance().await.unwrap();
    pods.kill_all();
    let copy = pods.copy(1).unwrap();
    pods.start_all().unwrap();
    pods.advance().await.unwrap();
    pods.kill_all();
    pods.put_back(1, &copy).unwrap();
    // The volume alone matches its settings. Only a comparison of all volumes shows the old copy.
    pods.verify_all().unwrap();
    pods.start_all().unwrap();
    for process in [0, 1] {
        let (code, said) = pods.end_of(process).await.unwrap();
        assert_eq!(code, 3, "{said}");
        assert!(said.contains("partition 1 is an old copy"), "{said}");
    }
    pods.continuity().unwrap().exact().unwrap();
}

/// Waits until every partition of a process has a commit epoch, and returns what the sidecar reports about the store.
async fn committed(pods: &mut Pods, process: u32) -> Result<Value> {
    loop {
        pods.advance().await?;
        let report = pods.store_report(process).await?;
        let partitions = report["partitions"]
            .as_array()
            .context("the report has no partitions")?;
        if partitions
            .iter()
            .all(|partition| partition["facts"]["commit"].is_u64())
        {
            return Ok(report);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sidecar_reports_partitions_while_engine_runs() {
    let mut pods = Pods::new(&[0, 1, 0, 1], 2).unwrap();
    pods.initialise().unwrap();
    pods.start_all().unwrap();
    let mut stored = BTreeSet::new();
    for (process, indexes) in [(0, [0, 2]), (1, [1, 3])] {
        let report = committed(&mut pods, process).await.unwrap();
        assert_eq!(report["volume"]["claim"], format!("claim-{process}"));
        assert_eq!((&report["v"], &report["start"]), (&1.into(), &1.into()));
        let flow = &report["flow"];
        assert_eq!(
            (&flow["flow"], &flow["stateful"]),
            (&json!("continuity"), &json!(STATEFUL))
        );
        assert_eq!(flow["engine"], "0.21.1");
        let partitions = report["partitions"].as_array().unwrap();
        assert_eq!(partitions.len(), 2);
        for (partition, index) in partitions.iter().zip(indexes) {
            assert_eq!(partition["index"], index);
            let facts = &partition["facts"];
            assert_eq!(facts["passport"]["lastStart"]["execution"], 0);
            assert!(facts["commit"].is_u64(), "{facts}");
            for step in partition["steps"].as_array().unwrap() {
                stored.insert(step.as_str().unwrap().to_owned());
            }
        }
    }
    assert!(stored.iter().eq([STATEFUL[1], STATEFUL[0]]), "{stored:?}");
    pods.advance().await.unwrap();
    pods.kill_all();
    pods.continuity().unwrap().exact().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn code_that_orphans_state_is_refused_before_start() {
    let mut pods = Pods::new(&[0, 0], 1).unwrap();
    pods.initialise().unwrap();
    pods.start_all().unwrap();
    committed(&mut pods, 0).await.unwrap();
    for (name, other, orphans) in [
        ("\"check\"", "\"verify\"", &STATEFUL[1..]),
        (
            "\"continuity\"",
            "\"continued\"",
            &[STATEFUL[1], STATEFUL[0]],
        ),
    ] {
        pods.kill_all();
        pods.edit(name, other).unwrap();
        pods.start_all().unwrap();
        let said = pods.refusal(0).await.unwrap();
        let named = format!("does not have: {};", orphans.join(", "));
        assert!(
            said.contains("StoreRefused") && said.contains(&named),
            "{said}"
        );
        // With the old name, all state is found again.
        pods.edit(other, name).unwrap();
        pods.kill_all();
        pods.start_all().unwrap();
        pods.advance().await.unwrap();
        pods.continuity().unwrap().exact().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn end_of_input_is_recorded_on_the_volume() {
    let mut pods = Pods::new(&[0, 1], 2).unwrap();
    pods.env.push(("CONTINUITY_LAST", "40".to_owned()));
    pods.initialise().unwrap();
    pods.start_all().unwrap();
    pods.all_ended().await.unwrap();
    let source_runs = pods.continuity().unwrap().source_runs;
    // Both pods are replaced. The new pods read from the volume that the input has ended.
    for process in [0, 1] {
        pods.replace(process).unwrap();
    }
    pods.all_ended().await.unwrap();
    let seen = pods.continuity().unwrap();
    seen.exact().unwrap();
    assert_eq!(seen.source_runs, source_runs);
    assert!(seen.reached(KEYS, 40));
    pods.signal(0, Signal::SIGTERM).unwrap();
}
