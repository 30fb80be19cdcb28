//! The pods that change the recovery store while no process runs.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, EnvVar, Pod, PodSpec};

use super::backup;
use super::claim::{VOLUME, claim_name};
use super::container::agent;
use super::context::{PlanContext, Store};
use super::metadata::labelled;
use super::recovery::{identity, listed, ordinal};
use super::scheduling::placement;
use super::variable::plain;
use super::volume::{claimed, mount};
use crate::label;
use crate::placement::SHARED_VOLUME;
use crate::status::StoreChangeKind;
use crate::validate::ValidatedDataflow;

/// Where the recovery volumes are in a pod that changes the store, each under its ordinal.
const FOLDERS: &str = "/stores";

/// One pod's part of a change of the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreJob {
    /// What is done.
    pub kind: StoreChangeKind,
    /// Which of the pods of this change it is.
    pub part: u32,
    /// The store as it shall be afterwards.
    pub store: Store,
    /// Where the partitions are before; nothing when nothing is taken from them.
    pub before: Vec<u32>,
    /// The line of history before; none when the store is made.
    pub parent: Option<String>,
    /// The volumes that it works on.
    pub volumes: Vec<u32>,
    /// The backup that takes the place of what there is; the newest if none is named.
    pub point: Option<String>,
    /// The steps whose state is dropped.
    pub steps: Vec<String>,
}

/// The ordinal of the shared volume beside those that processes have of their own: a job may see
/// both kinds.
fn shared_beside(store: &Store) -> u32 {
    let own = store.claims.keys().filter(|key| **key != SHARED_VOLUME);
    own.max().map_or(0, |last| last + 1)
}

/// A pod that makes one part of a change of the store.
#[must_use]
pub fn store_pod(dataflow: &ValidatedDataflow, context: &PlanContext, job: &StoreJob) -> Pod {
    let shared = shared_beside(&job.store);
    let volumes: Vec<(u32, u32)> = job
        .volumes
        .iter()
        .map(|volume| (ordinal(*volume, shared), *volume))
        .collect();
    // All copies of a moment lie there at once.
    let restores = job.kind == StoreChangeKind::Restore;
    let scratch = restores.then(|| backup::scratch(dataflow, None)).flatten();
    let scratch_mount = restores.then(|| backup::scratch_mount(dataflow)).flatten();
    let container = Container {
        env: Some(job_orders(dataflow, context, job)),
        volume_mounts: Some(scratch_mount.into_iter().collect()),
        ..agent(label::STORE, &context.agent.image)
    };
    let number = (job.store.step, job.part);
    let mut pod = pod_on(&volumes, container, dataflow, context, number);
    if let Some(volumes) = pod.spec.as_mut().and_then(|spec| spec.volumes.as_mut()) {
        volumes.extend(scratch);
    }
    pod
}

/// A pod that looks what lies on volumes whose ledger is lost, and prints it. It stands beside the
/// pods of changes, as of a change before the first.
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

/// A pod that works on some volumes, each with the ordinal under which it sees it.
fn pod_on(
    volumes: &[(u32, u32)],
    mut container: Container,
    dataflow: &ValidatedDataflow,
    context: &PlanContext,
    (step, part): (i64, u32),
) -> Pod {
    let mut metadata = labelled(dataflow, dataflow.name.store_pod(step, part), context);
    let labels = metadata.labels.get_or_insert_default();
    labels.insert(label::COMPONENT.to_owned(), label::STORE.to_owned());
    labels.insert(label::STORE_STEP.to_owned(), step.to_string());
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
                // The volumes are made on the node that this pod fits on, so it asks for what a
                // process will ask for.
                resources: dataflow.chart.resources.clone(),
                volume_mounts: Some(mounts.chain(own).collect()),
                ..container
            }],
            // What it does it may do twice; what it refuses, it may be asked again once mended.
            restart_policy: Some("OnFailure".to_owned()),
            volumes: Some(claims.collect()),
            ..placement(dataflow)
        }),
        status: None,
    }
}

/// What a pod that changes the store is told.
fn job_orders(dataflow: &ValidatedDataflow, context: &PlanContext, job: &StoreJob) -> Vec<EnvVar> {
    let StoreJob {
        kind,
        part: _,
        store,
        before,
        parent,
        volumes,
        point,
        steps,
    } = job;
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
