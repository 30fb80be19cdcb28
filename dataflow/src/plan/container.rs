//! The containers of the pods: the agent's init containers and sidecar, the process, and the probe.

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

/// Path to which `install` copies the agent.
const AGENT: &str = "/waxrun/waxrun";

/// Returns the init container that copies the agent into the pod, so that the user's image needs no changes.
pub(super) fn install(template: &Template<'_>) -> Container {
    Container {
        volume_mounts: Some(vec![mount("waxrun", AGENT_FOLDER)]),
        ..agent(INSTALL, image(template))
    }
}

/// Returns the init container that writes the code as files.
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

/// Returns the init container that compares the recovery volume with the layout that the operator expects, before any
/// container can write to it.
pub(super) fn verify(template: &Template<'_>) -> Container {
    Container {
        env: Some(environment::verify(template)),
        volume_mounts: recovery(template).map(|volume| vec![volume]),
        ..agent(VERIFY, image(template))
    }
}

/// Returns the sidecar, which serves readiness, metrics and the graph of the process.
///
/// Order: it is an init container with restart policy Always, so it starts before the process and stops after it.
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
            // The gang is ready only when its last process is seen as ready, so the period is the shortest possible.
            failure_threshold: Some(1),
            period_seconds: Some(1),
            // On a busy node a reply can be late although the gang is fine.
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

/// Returns the container that runs the engine with the user's code.
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

/// Returns the container of the probe pod, which loads the user's code once and reports the result.
pub(super) fn probe(template: &Template<'_>) -> Container {
    Container {
        env: Some(environment::probe(template)),
        ..user(template, PROBE, "probe")
    }
}

/// Returns the mount of the recovery volume if recovery is enabled.
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
        security_context: Some(security::container(&dataflow.chart)),
        volume_mounts: Some(mounts),
        working_dir: Some(WORKDIR.to_owned()),
        ..Container::default()
    }
}

fn image<'a>(template: &'a Template<'_>) -> &'a str {
    &template.context.agent.image
}

/// Returns a container that runs one role of the agent, in the agent's image.
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
