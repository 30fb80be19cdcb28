//! The recovery store: its claims, what a gang is told about it, and the pods that change it.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    Container, EnvVar, PersistentVolumeClaim, PersistentVolumeClaimSpec,
    PersistentVolumeClaimVolumeSource, Pod, PodSpec, Volume, VolumeMount,
    VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::backup;
use super::container::{agent, mount};
use super::environment::plain;
use super::pod::Template;
use super::{PlanContext, labelled};
use crate::label;
use crate::name::DataflowName;
use crate::placement::SHARED_VOLUME;
use crate::status::StoreChangeKind;
use crate::validate::{ValidatedDataflow, ValidatedRecovery};

/// Name of the recovery volume in a pod; with the pod's name it makes the name of the claim.
pub(super) const VOLUME: &str = "recovery";

/// Where the recovery volume is in the pod of a process.
const FOLDER: &str = "/var/recovery";

/// Where the recovery volumes are in a pod that changes the store, each under its ordinal.
const FOLDERS: &str = "/stores";

/// Keeps tools that apply from git from removing what holds state.
const KEEP: [(&str, &str); 3] = [
    (
        "argocd.argoproj.io/sync-options",
        "Prune=false,Delete=false",
    ),
    ("argocd.argoproj.io/compare-options", "IgnoreExtraneous"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
];

/// A store as a start or a change of it sees it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Store {
    /// Identity of the store.
    pub id: String,
    /// Line of history that the state is on.
    pub timeline: String,
    /// Number of the last change, the one under way included.
    pub step: i64,
    /// The volume of each partition.
    pub places: Vec<u32>,
    /// UID of the claim of each volume that is known.
    pub claims: BTreeMap<u32, String>,
}

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

/// The claim of one recovery volume. It has no owner: state outlives the Dataflow.
#[must_use]
pub fn claim(
    dataflow: &ValidatedDataflow,
    recovery: &ValidatedRecovery,
    context: &PlanContext,
    volume: u32,
    store: &Store,
) -> PersistentVolumeClaim {
    let name = claim_name(&dataflow.name, volume);
    let mut annotations: BTreeMap<String, String> = KEEP
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    annotations.insert(label::STORE_ID.to_owned(), store.id.clone());
    annotations.insert(label::STORE_STEP.to_owned(), store.step.to_string());
    let mut labels = label::common(&dataflow.name);
    labels.insert(label::COMPONENT.to_owned(), label::STORE.to_owned());
    PersistentVolumeClaim {
        metadata: ObjectMeta {
            annotations: Some(annotations),
            labels: Some(labels),
            name: Some(name),
            namespace: Some(context.namespace.clone()),
            ..ObjectMeta::default()
        },
        spec: Some(claim_spec(&recovery.size, recovery.storage_class.as_ref())),
        status: None,
    }
}

/// Name of the claim of one volume.
#[must_use]
pub fn claim_name(name: &DataflowName, volume: u32) -> String {
    match volume {
        SHARED_VOLUME => name.shared_recovery_claim(),
        ordinal => name.recovery_claim(ordinal),
    }
}

/// What the StatefulSet says about the claims. It makes none itself, since the operator has made
/// all of them before, so only the name counts; and it must never change, since the API server
/// would refuse that.
pub(super) fn claim_template() -> PersistentVolumeClaim {
    PersistentVolumeClaim {
        metadata: ObjectMeta {
            name: Some(VOLUME.to_owned()),
            ..ObjectMeta::default()
        },
        spec: Some(claim_spec("1Mi", None)),
        status: None,
    }
}

fn claim_spec(size: &str, storage_class: Option<&String>) -> PersistentVolumeClaimSpec {
    PersistentVolumeClaimSpec {
        access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
        resources: Some(VolumeResourceRequirements {
            requests: Some(BTreeMap::from([(
                "storage".to_owned(),
                Quantity(size.to_owned()),
            )])),
            ..VolumeResourceRequirements::default()
        }),
        storage_class_name: storage_class.cloned(),
        ..PersistentVolumeClaimSpec::default()
    }
}

/// The recovery volume of a process.
pub(super) fn process_mount() -> VolumeMount {
    mount(VOLUME, FOLDER)
}

/// The one volume that all processes share.
pub(super) fn shared_volume(name: &DataflowName) -> Volume {
    claimed(VOLUME, name.shared_recovery_claim())
}

/// What `verify` and `launch` are told about the store, besides who they are.
pub(super) fn orders(template: &Template<'_>) -> Vec<EnvVar> {
    let (Some(recovery), Some(store)) = (&template.dataflow.recovery, &template.context.store)
    else {
        return Vec::new();
    };
    let mut env = vec![
        plain("WAXRUN_STORE_DIR", FOLDER),
        plain("WAXRUN_SNAPSHOT_INTERVAL", &recovery.snapshot_interval),
        plain("WAXRUN_BACKUP_INTERVAL", &recovery.backup_interval),
    ];
    env.extend(identity(store, 0));
    if recovery.single_volume {
        env.push(plain("WAXRUN_SHARED_VOLUME", "true"));
    }
    env
}

/// The store in the agent's words, where every volume has an ordinal, the shared one this.
fn identity(store: &Store, shared: u32) -> [EnvVar; 5] {
    let Store {
        id,
        timeline,
        step,
        places,
        claims,
    } = store;
    let claims = claims
        .iter()
        .map(|(volume, uid)| (ordinal(*volume, shared), uid.as_str()))
        .collect();
    [
        plain("WAXRUN_STORE_ID", id),
        plain("WAXRUN_STORE_TIMELINE", timeline),
        plain("WAXRUN_STORE_STEP", step),
        plain("WAXRUN_PARTITIONS", &listed(places, shared)),
        plain("WAXRUN_CLAIMS", &by_ordinal(&claims)),
    ]
}

fn ordinal(volume: u32, shared: u32) -> u32 {
    match volume {
        SHARED_VOLUME => shared,
        ordinal => ordinal,
    }
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
        ..agent(label::STORE, &context.agent_image)
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
        ..agent(label::STORE, &context.agent_image)
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
            ..super::pod::placement(dataflow)
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
        plain("WAXRUN_STORE_JOB", word(*kind)),
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

fn claimed(volume: &str, claim: String) -> Volume {
    Volume {
        name: volume.to_owned(),
        persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
            claim_name: claim,
            read_only: None,
        }),
        ..Volume::default()
    }
}

fn listed(volumes: &[u32], shared: u32) -> String {
    let words: Vec<String> = volumes
        .iter()
        .map(|volume| ordinal(*volume, shared).to_string())
        .collect();
    words.join(",")
}

/// UIDs by ordinal, with nothing where none is known.
fn by_ordinal(claims: &BTreeMap<u32, &str>) -> String {
    let last = claims.keys().next_back().map_or(0, |last| last + 1);
    let uids: Vec<&str> = (0..last)
        .map(|ordinal| claims.get(&ordinal).copied().unwrap_or_default())
        .collect();
    uids.join(",")
}
