//! The store pods, which change or inspect the recovery store while no process runs.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, EnvVar, Pod, PodSpec};

use super::backup;
use super::claim::{VOLUME, claim_name};
use super::container::agent;
use super::context::{PlanContext, StoreLayout};
use super::metadata::labelled;
use super::recovery::{identity, listed, ordinal};
use super::scheduling::placement;
use super::variable::plain;
use super::volume::{claimed, mount};
use crate::label;
use crate::placement::SHARED_VOLUME;
use crate::status::StoreChangeKind;
use crate::validate::ValidatedDataflow;

/// Folder of the recovery volumes in a store pod. Each volume is mounted in a subfolder named by its ordinal.
const FOLDERS: &str = "/stores";

/// One pod's part of a store change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreChangeSpec {
    /// Kind of the change.
    pub kind: StoreChangeKind,
    /// Number of this part among the pods of the change.
    pub part: u32,
    /// Layout of the store after the change.
    pub store: StoreLayout,
    /// Volume of each partition before the change; empty if the change does not read old partitions.
    pub before: Vec<u32>,
    /// Timeline before the change; `None` if the change creates the store.
    pub parent: Option<String>,
    /// Volumes that this pod mounts.
    pub volumes: Vec<u32>,
    /// Restore point that replaces the state; `None` for the newest.
    pub point: Option<String>,
    /// Ids of the steps whose state is deleted.
    pub steps: Vec<String>,
}

/// Returns the ordinal of the shared volume, which comes after the volumes of single processes: one store pod can mount
/// both kinds.
fn shared_beside(store: &StoreLayout) -> u32 {
    let own = store.claims.keys().filter(|key| **key != SHARED_VOLUME);
    own.max().map_or(0, |last| last + 1)
}

/// Returns the pod that makes one part of a store change.
#[must_use]
pub fn store_pod(
    dataflow: &ValidatedDataflow,
    context: &PlanContext,
    change: &StoreChangeSpec,
) -> Pod {
    let shared = shared_beside(&change.store);
    let volumes: Vec<(u32, u32)> = change
        .volumes
        .iter()
        .map(|volume| (ordinal(*volume, shared), *volume))
        .collect();
    // All copies of a restore point are in the scratch folder at the same time, so its size has no limit.
    let restores = change.kind == StoreChangeKind::Restore;
    let scratch = restores.then(|| backup::scratch(dataflow, None)).flatten();
    let scratch_mount = restores.then(|| backup::scratch_mount(dataflow)).flatten();
    let container = Container {
        env: Some(change_environment(dataflow, context, change)),
        volume_mounts: Some(scratch_mount.into_iter().collect()),
        ..agent(label::STORE, &context.agent.image)
    };
    let number = (change.store.change_number, change.part);
    let mut pod = pod_on(&volumes, container, dataflow, context, number);
    if let Some(volumes) = pod.spec.as_mut().and_then(|spec| spec.volumes.as_mut()) {
        volumes.extend(scratch);
    }
    pod
}

/// Returns the pod that inspects volumes after the ledger was lost, and prints their content. Its name has the change
/// number 0, so it cannot conflict with the pods of store changes, which count from 1.
#[must_use]
pub fn inspection_pod(dataflow: &ValidatedDataflow, context: &PlanContext, volumes: &[u32]) -> Pod {
    let volumes: Vec<(u32, u32)> = (0..).zip(volumes.iter().copied()).collect();
    let ordinals: Vec<u32> = volumes.iter().map(|(ordinal, _)| *ordinal).collect();
    let container = Container {
        args: Some(vec!["inspect".to_owned()]),
        env: Some(vec![
            plain("WAXRUN_NAME", dataflow.name.as_str()),
            plain("WAXRUN_STORE_ROOT", FOLDERS),
            plain("WAXRUN_VOLUMES", &listed(&ordinals, 0)),
        ]),
        ..agent(label::STORE, &context.agent.image)
    };
    pod_on(&volumes, container, dataflow, context, (0, 0))
}

/// Returns a store pod with the given volumes, as pairs of ordinal and volume number.
fn pod_on(
    volumes: &[(u32, u32)],
    mut container: Container,
    dataflow: &ValidatedDataflow,
    context: &PlanContext,
    (change_number, part): (i64, u32),
) -> Pod {
    let mut metadata = labelled(
        dataflow,
        dataflow.name.store_pod(change_number, part),
        context,
    );
    let labels = metadata.labels.get_or_insert_default();
    labels.insert(label::COMPONENT.to_owned(), label::STORE.to_owned());
    labels.insert(label::STORE_STEP.to_owned(), change_number.to_string());
    metadata.annotations = Some(BTreeMap::from([(
        label::DEFAULT_CONTAINER.to_owned(),
        label::STORE.to_owned(),
    )]));
    let name = |ordinal: u32| format!("{VOLUME}-{ordinal}");
    let mounts = volumes
        .iter()
        .map(|(ordinal, _)| mount(&name(*ordinal), &format!("{FOLDERS}/{ordinal}")));
    let own = container.volume_mounts.take().unwrap_or_default();
    let claims = volumes.iter().map(|(ordinal, volume)| {
        let claim = claim_name(&dataflow.name, *volume);
        claimed(&name(*ordinal), claim)
    });
    Pod {
        metadata,
        spec: Some(PodSpec {
            containers: vec![Container {
                // A volume is created on the node of this pod. So this pod requests the same resources as a
                // process, which later has to fit on the same node.
                resources: dataflow.chart.resources.clone(),
                volume_mounts: Some(mounts.chain(own).collect()),
                ..container
            }],
            // The work can be repeated. If the pod refuses, it is retried, because the cause may be fixed.
            restart_policy: Some("OnFailure".to_owned()),
            volumes: Some(claims.collect()),
            ..placement(dataflow)
        }),
        status: None,
    }
}

/// Returns the environment variables of a store pod.
fn change_environment(
    dataflow: &ValidatedDataflow,
    context: &PlanContext,
    change: &StoreChangeSpec,
) -> Vec<EnvVar> {
    let StoreChangeSpec {
        kind,
        part: _,
        store,
        before,
        parent,
        volumes,
        point,
        steps,
    } = change;
    let shared = shared_beside(store);
    let mut env = vec![
        plain("WAXRUN_NAME", dataflow.name.as_str()),
        plain(context.agent.interface.change_variable(), word(*kind)),
        plain("WAXRUN_STORE_ROOT", FOLDERS),
        plain("WAXRUN_VOLUMES", &listed(volumes, shared)),
        plain("WAXRUN_START", &context.start),
    ];
    env.extend(identity(store, shared));
    if !before.is_empty() {
        env.push(plain("WAXRUN_PARTITIONS_BEFORE", &listed(before, shared)));
    }
    let rest = [
        ("WAXRUN_STORE_PARENT", parent),
        ("WAXRUN_RESTORE_POINT", point),
    ];
    env.extend(
        rest.into_iter()
            .filter_map(|(name, text)| Some(plain(name, text.as_ref()?))),
    );
    if *kind == StoreChangeKind::DropSteps {
        let steps = serde_json::to_string(steps).expect("texts are plain JSON");
        env.push(plain("WAXRUN_DROP_STEPS", &steps));
    }
    if *kind == StoreChangeKind::Restore {
        env.extend(backup::environment(dataflow));
    }
    env
}

fn word(kind: StoreChangeKind) -> &'static str {
    match kind {
        StoreChangeKind::Initialise => "initialise",
        StoreChangeKind::Move => "move",
        StoreChangeKind::Repartition => "repartition",
        StoreChangeKind::DropSteps => "drop-steps",
        StoreChangeKind::Restore => "restore",
        StoreChangeKind::Reset => "reset",
    }
}
