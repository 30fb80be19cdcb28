//! Tests that the operator recovers from lost processes, pods and objects without manual work.

use anyhow::Result;
use futures::future::join_all;
use k8s_openapi::api::core::v1::Pod;
use serde_json::{Value, json};
use wax_tests::TestNamespace;
use wax_tests::wait;

use super::hello;

#[tokio::test(flavor = "multi_thread")]
async fn gang_recovers_from_lost_processes_and_objects() {
    let ns = TestNamespace::new("losses").await.unwrap();
    // Kills every process of the container except its first, which no signal from inside can kill.
    let kill = [
        "exec",
        "killed-1",
        "-c",
        "process",
        "--",
        "sh",
        "-c",
        "kill -9 -1",
    ];
    let losses: [(&str, &[&str]); 3] = [
        ("killed", &kill),
        ("pod", &["delete", "pod", "pod-1", "--wait=false"]),
        ("set", &["delete", "statefulset", "set"]),
    ];
    join_all(losses.iter().map(async |(flow, loss)| {
        ns.start_flow(flow, &hello(), &json!({"processesCount": 2}))
            .unwrap();
        ns.ready(flow).await.unwrap();
        let before = rounds(&ns, flow).await.unwrap();
        // The `kubectl exec` shell may be killed together with the engine.
        let lost = ns.kubectl(loss).unwrap();
        assert!(lost.code == 0 || *flow == "killed", "{lost:?}");
        wait::until_async(&format!("{flow}: both processes restarted"), async || {
            let now = rounds(&ns, flow).await?;
            Ok((now.len() == 2 && now.iter().all(|run| !before.contains(run))).then_some(()))
        })
        .await
        .unwrap();
        ns.ready(flow).await.unwrap();
        ns.log_line(&format!("{flow}-0"), "hello 1").await.unwrap();
    }))
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_code_config_map_is_recreated_without_restart() {
    let ns = TestNamespace::new("code-map").await.unwrap();
    ns.start_flow("hello", &hello(), &json!({})).unwrap();
    ns.ready("hello").await.unwrap();
    let gang = runs(&ns.gang("hello").await.unwrap());
    let config_maps = [
        "configmaps",
        "-l",
        "bytewax.io/dataflow-info=hello",
        "-o",
        "name",
    ];
    let before = ns
        .kubectl(&[&["get"], &config_maps[..]].concat())
        .unwrap()
        .ok()
        .unwrap();
    assert!(before.contains("hello-code-"), "{before}");
    ns.kubectl(&[
        "delete",
        "configmap",
        "-l",
        "bytewax.io/dataflow-info=hello",
    ])
    .unwrap()
    .ok()
    .unwrap();
    wait::until("the code ConfigMap again", || {
        let now = ns.kubectl(&[&["get"], &config_maps[..]].concat())?.ok()?;
        Ok((now == before).then_some(()))
    })
    .await
    .unwrap();
    ns.ready("hello").await.unwrap();
    assert_eq!(runs(&ns.gang("hello").await.unwrap()), gang);
}

#[tokio::test(flavor = "multi_thread")]
async fn name_of_foreign_service_is_refused() {
    let ns = TestNamespace::new("name-taken").await.unwrap();
    ns.kubectl(&["create", "service", "clusterip", "hello", "--tcp=80"])
        .unwrap()
        .ok()
        .unwrap();
    let version = "jsonpath={.metadata.uid}{.metadata.resourceVersion}";
    let held = || {
        ns.kubectl(&["get", "service", "hello", "-o", version])
            .unwrap()
            .ok()
            .unwrap()
    };
    let foreign = held();
    ns.start_flow("hello", &hello(), &json!({})).unwrap();
    let sentence = ns.stalled("hello", "NameTaken").await.unwrap();
    assert!(
        sentence.contains("Service") && sentence.contains("hello"),
        "{sentence}"
    );
    assert_eq!(held(), foreign, "the foreign Service is unchanged");
    ns.kubectl(&["delete", "service", "hello"])
        .unwrap()
        .ok()
        .unwrap();
    ns.ready("hello").await.unwrap();
}

/// Returns pod UID, start and round of each process whose agent answers. A round is one common start of all engines,
/// in a running container or in a new one.
async fn rounds(ns: &TestNamespace, flow: &str) -> Result<Vec<(String, Value, Value)>> {
    let mut rounds = Vec::new();
    for pod in ns.gang(flow).await? {
        let name = pod.metadata.name.unwrap_or_default();
        let uid = pod.metadata.uid.unwrap_or_default();
        let path = format!(
            "/api/v1/namespaces/{}/pods/{name}:3030/proxy/v1/live",
            ns.name
        );
        let answer = ns.kubectl(&["get", "--raw", &path])?;
        if let Ok(live) = serde_json::from_str::<Value>(&answer.stdout) {
            rounds.push((uid, live["start"].clone(), live["round"].clone()));
        }
    }
    Ok(rounds)
}

/// Returns UID and restarts of the container `process` of each pod.
fn runs(gang: &[Pod]) -> Vec<(String, i32)> {
    gang.iter()
        .map(|pod| {
            let containers = pod
                .status
                .iter()
                .flat_map(|status| status.container_statuses.iter().flatten());
            let restarts = containers
                .filter(|container| container.name == "process")
                .map(|container| container.restart_count)
                .sum();
            (pod.metadata.uid.clone().unwrap_or_default(), restarts)
        })
        .collect()
}
