//! What is ours in a pod, as the plan makes it, against the list that the checks read.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Container, EnvVar, PodSpec};

use super::*;
use crate::reserved::{CONTAINERS, ENGINE_PORT, FOLDERS};

/// The pods of a dataflow that has everything: volumes of the user's, state and copies of it; for each
/// interface of the agent.
fn pods() -> Vec<PodSpec> {
    let backup = "\
  cloudBackup: {enabled: true, s3: {url: s3://bucket, secretName: keys}}
chartValues: |
  extraVolumeMounts: [{name: cache, mountPath: /cache}]
";
    let (before, after) = KEEPS_STATE.split_once("chartValues: |\n").unwrap();
    let context = PlanContext {
        store: Some(store()),
        ..context()
    };
    let agents = [AgentInterface::default(), AgentInterface::CURRENT].map(|interface| Agent {
        interface,
        ..context.agent.clone()
    });
    let plans = agents.map(|agent| {
        let context = PlanContext {
            agent,
            ..context.clone()
        };
        planned(&format!("{before}{backup}{after}"), &context)
    });
    let pods = plans.map(|plan| {
        [
            plan.stateful_set.spec.unwrap().template.spec.unwrap(),
            plan.probe_pod.spec.unwrap(),
        ]
    });
    pods.concat()
}

fn containers(pod: &PodSpec) -> impl Iterator<Item = &Container> {
    let init = pod.init_containers.iter().flatten();
    init.chain(&pod.containers)
}

#[test]
fn every_container_of_ours_is_reserved() {
    let pods = pods();
    let made: BTreeSet<&str> = pods
        .iter()
        .flat_map(containers)
        .map(|container| container.name.as_str())
        .filter(|name| *name != "process")
        .collect();
    assert_eq!(made, BTreeSet::from(CONTAINERS));
}

#[test]
fn every_folder_of_ours_in_the_users_container_is_reserved() {
    let pods = pods();
    let made: BTreeSet<&str> = pods
        .iter()
        .flat_map(|pod| &pod.containers)
        .flat_map(|container| container.volume_mounts.iter().flatten())
        .map(|mount| mount.mount_path.as_str())
        .filter(|folder| *folder != "/cache")
        .collect();
    assert_eq!(made, BTreeSet::from(FOLDERS));
}

#[test]
fn the_port_that_the_agent_is_told_is_reserved() {
    let pods = pods();
    let told: BTreeSet<&str> = pods
        .iter()
        .flat_map(containers)
        .flat_map(|container| container.env.iter().flatten())
        .filter(|EnvVar { name, .. }| name == "WAXRUN_ENGINE_PORT")
        .filter_map(|env| env.value.as_deref())
        .collect();
    assert_eq!(told, BTreeSet::from([ENGINE_PORT.to_string().as_str()]));
}
