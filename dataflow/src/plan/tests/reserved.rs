//! Compares the platform's names, folders and ports in the planned pods with the list that `validate` reads.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::{Container, EnvVar, PodSpec};

use super::*;
use crate::reserved::{CONTAINERS, ENGINE_PORT, FOLDERS};

/// Returns the pods of a dataflow with volumes of the user, recovery and backups.
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
    let plan = planned(&format!("{before}{backup}{after}"), &context);
    vec![
        plan.stateful_set.spec.unwrap().template.spec.unwrap(),
        plan.probe_pod.spec.unwrap(),
    ]
}

fn containers(pod: &PodSpec) -> impl Iterator<Item = &Container> {
    let init = pod.init_containers.iter().flatten();
    init.chain(&pod.containers)
}

#[test]
fn every_agent_container_is_reserved() {
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
fn every_platform_folder_is_reserved() {
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
fn engine_port_in_the_environment_is_reserved() {
    let pods = pods();
    let ports: BTreeSet<&str> = pods
        .iter()
        .flat_map(containers)
        .flat_map(|container| container.env.iter().flatten())
        .filter(|EnvVar { name, .. }| name == "WAXRUN_ENGINE_PORT")
        .filter_map(|env| env.value.as_deref())
        .collect();
    assert_eq!(ports, BTreeSet::from([ENGINE_PORT.to_string().as_str()]));
}
