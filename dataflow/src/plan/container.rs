//! The containers of a pod.

use k8s_openapi::api::core::v1::{
    Container, ContainerPort, HTTPGetAction, Probe, ResourceRequirements, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::template::Template;
use super::volume::{mount, read_only};
use super::{backup, claim, environment, extra, security};
use crate::reserved::{
    AGENT_FOLDER, FETCH, INSTALL, PROBE, RUN_FOLDER, TMP_FOLDER, VERIFY, WORKDIR,
};

/// The agent where `install` has put it.
const AGENT: &str = "/waxrun/waxrun";

/// Copies the agent into the pod, so that the user's image needs nothing of ours.
pub(super) fn install(template: &Template<'_>) -> Container {
    Container {
        volume_mounts: Some(vec![mount("waxrun", AGENT_FOLDER)]),
        ..agent(INSTALL, image(template))
    }
}

/// Lays the code out as files.
pub(super) fn fetch(template: &Template<'_>) -> Container {
    Container {
        env: Some(environment::fetch(template)),
        volume_mounts: Some(vec![
            read_only("snapshot", "/snapshot"),
            mount("workdir", WORKDIR),
        ]),
        ..agent(FETCH, image(template))
    }
}

/// Compares the recovery volume with what the operator knows, before anything may write to it.
pub(super) fn verify(template: &Template<'_>) -> Container {
    Container {
        env: Some(environment::verify(template)),
        volume_mounts: recovery(template).map(|volume| vec![volume]),
        ..agent(VERIFY, image(template))
    }
}

/// Stands beside the process, outlives it and speaks for it: readiness, metrics, graph.
///
/// As an init container that always restarts it starts before the process and stops after it.
pub(super) fn sidecar(template: &Template<'_>) -> Container {
    let requests = [("cpu", "5m"), ("memory", "16Mi")];
    let mut mounts = vec![mount("run", RUN_FOLDER)];
    mounts.extend(recovery(template));
    mounts.extend(backup::scratch_mount(template.dataflow));
    Container {
        env: Some(environment::sidecar(template)),
        ports: Some(vec![port("api", template.dataflow.chart.api_port())]),
        readiness_probe: Some(Probe {
            http_get: Some(HTTPGetAction {
                path: Some("/v1/ready".to_owned()),
                port: IntOrString::String("api".to_owned()),
                ..HTTPGetAction::default()
            }),
            // A gang is as late as its last process is noticed, hence the shortest period.
            failure_threshold: Some(1),
            period_seconds: Some(1),
            // An answer that is only late, on a node that is busy, says nothing against the gang.
            timeout_seconds: Some(5),
            ..Probe::default()
        }),
        resources: Some(ResourceRequirements {
            requests: Some(
                requests
                    .map(|(name, amount)| (name.to_owned(), Quantity(amount.to_owned())))
                    .into_iter()
                    .collect(),
            ),
            ..ResourceRequirements::default()
        }),
        restart_policy: Some("Always".to_owned()),
        volume_mounts: Some(mounts),
        ..agent(template.context.agent.interface.sidecar(), image(template))
    }
}

/// Runs the engine with the user's code.
pub(super) fn process(template: &Template<'_>) -> Container {
    let chart = &template.dataflow.chart;
    let mut process = user(template, chart.container(), "launch");
    let mounts = process.volume_mounts.get_or_insert_default();
    mounts.extend(recovery(template));
    Container {
        env: Some(environment::launch(template)),
        ports: Some(vec![port("process", chart.process_port())]),
        ..process
    }
}

/// Loads the user's code once and reports what it found.
pub(super) fn probe(template: &Template<'_>) -> Container {
    Container {
        env: Some(environment::probe(template)),
        ..user(template, PROBE, "probe")
    }
}

/// The recovery volume, if the dataflow keeps state.
fn recovery(template: &Template<'_>) -> Option<VolumeMount> {
    let keeps = template.dataflow.recovery.is_some();
    keeps.then(claim::process_mount)
}

fn user(template: &Template<'_>, name: &str, role: &str) -> Container {
    let dataflow = template.dataflow;
    let mut mounts = vec![
        read_only("waxrun", AGENT_FOLDER),
        mount("workdir", WORKDIR),
        mount("run", RUN_FOLDER),
        mount("tmp", TMP_FOLDER),
    ];
    mounts.extend(dataflow.chart.extra_volume_mounts.iter().map(extra::mount));
    Container {
        name: name.to_owned(),
        command: Some(vec![AGENT.to_owned(), role.to_owned()]),
        env_from: environment::from_secrets(dataflow),
        image: Some(dataflow.image.clone()),
        image_pull_policy: Some(dataflow.pull_policy.to_string()),
        resources: dataflow.chart.resources.clone(),
        security_context: Some(security::container(
            dataflow.chart.security_context.as_ref(),
        )),
        volume_mounts: Some(mounts),
        working_dir: Some(WORKDIR.to_owned()),
        ..Container::default()
    }
}

fn image<'a>(template: &'a Template<'_>) -> &'a str {
    &template.context.agent.image
}

/// A container of ours, which runs one of the agent's roles.
pub(super) fn agent(role: &str, image: &str) -> Container {
    Container {
        name: role.to_owned(),
        args: Some(vec![role.to_owned()]),
        image: Some(image.to_owned()),
        image_pull_policy: Some("IfNotPresent".to_owned()),
        security_context: Some(security::agent()),
        ..Container::default()
    }
}

fn port(name: &str, number: i32) -> ContainerPort {
    ContainerPort {
        container_port: number,
        name: Some(name.to_owned()),
        protocol: Some("TCP".to_owned()),
        ..ContainerPort::default()
    }
}
