//! Status, claims and pods -> the recovery store as decisions see it, and the ledger back into
//! status.

use std::collections::{BTreeMap, BTreeSet};

use agent::report::{FORMAT_VERSION, InspectionReport};
use dataflow::label;
use dataflow::name::DataflowName;
use dataflow::placement::{self, SHARED_VOLUME};
use dataflow::plan::claim_name;
use dataflow::status::{
    self, DataflowStatus, LEDGER_VERSION, Partition, PartitionState, RecoveryStatus, StoreChange,
};
use k8s_openapi::api::core::v1::{Container, PersistentVolumeClaim, Pod as ApiPod, PodSpec};
use kube::api::LogParams;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Client, ResourceExt};
use uuid::Uuid;

use super::{Caches, growth, object, of_component, pod};
use crate::observed::{
    Claim, Goal, HeldClaim, Pending, StoreLedger, StoreObjects, StorePod, StoreRecord,
};

/// The largest report of an inspection that is read, in bytes: a thousand partitions fit.
const LARGEST_REPORT: i64 = 1024 * 1024;

/// Reads the ledger.
pub(super) fn record(status: &DataflowStatus, name: &str) -> StoreRecord {
    let Some(recovery) = &status.recovery else {
        return StoreRecord::Unknown;
    };
    let Ok(name) = DataflowName::try_from(name) else {
        return StoreRecord::Unknown;
    };
    match ledger(recovery, &name) {
        Ok(ledger) => StoreRecord::Known(ledger),
        Err(why) => StoreRecord::Unreadable(why),
    }
}

fn ledger(recovery: &RecoveryStatus, name: &DataflowName) -> Result<StoreLedger, String> {
    let RecoveryStatus {
        format_version,
        store_id,
        timeline,
        step,
        partitions,
        claims,
        pending,
        detached,
        last_action,
    } = recovery;
    if *format_version > LEDGER_VERSION {
        return Err(format!(
            "its formatVersion is {format_version}, and this release knows {LEDGER_VERSION}"
        ));
    }
    let place = |claim: &String| {
        volume(name, claim).ok_or_else(|| format!("`{claim}` is no claim of {name}"))
    };
    let mut places = Vec::new();
    for (at, partition) in partitions.iter().enumerate() {
        if usize::try_from(partition.index).ok() != Some(at) {
            return Err(format!("partition {at} is missing"));
        }
        places.push(place(&partition.claim)?);
    }
    let pending = match pending {
        None => None,
        Some(StoreChange {
            kind,
            claims,
            timeline,
            action,
        }) => Some(Pending {
            kind: *kind,
            places: claims.iter().map(place).collect::<Result<_, _>>()?,
            timeline: timeline.clone(),
            action: action.clone().map(Box::new),
        }),
    };
    let claims = claims
        .iter()
        .map(|claim| Ok((place(&claim.name)?, claim.uid.clone())))
        .collect::<Result<BTreeMap<_, _>, String>>()?;
    Ok(StoreLedger {
        id: store_id.clone(),
        timeline: timeline.clone(),
        step: *step,
        places,
        claims,
        pending,
        detached: *detached,
        last_action: last_action.clone().map(Box::new),
    })
}

/// The ledger as status says it.
#[must_use]
pub fn ledger_status(name: &DataflowName, ledger: &StoreLedger) -> RecoveryStatus {
    let StoreLedger {
        id,
        timeline,
        step,
        places,
        claims,
        pending,
        detached,
        last_action,
    } = ledger;
    let named = |volume: u32| claim_name(name, volume);
    let partition = |(index, place): (i32, &u32)| {
        let moves = pending.as_ref().is_some_and(|pending| {
            usize::try_from(index)
                .ok()
                .and_then(|index| pending.places.get(index))
                .is_some_and(|to| to != place)
        });
        Partition {
            index,
            claim: named(*place),
            state: if moves {
                PartitionState::Moving
            } else {
                PartitionState::Ready
            },
        }
    };
    RecoveryStatus {
        format_version: LEDGER_VERSION,
        store_id: id.clone(),
        timeline: timeline.clone(),
        step: *step,
        partitions: (0..).zip(places).map(partition).collect(),
        claims: claims
            .iter()
            .map(|(ordinal, uid)| status::Claim {
                name: named(*ordinal),
                uid: uid.clone(),
            })
            .collect(),
        pending: pending.as_ref().map(|pending| StoreChange {
            kind: pending.kind,
            claims: pending.places.iter().map(|place| named(*place)).collect(),
            timeline: pending.timeline.clone(),
            action: pending.action.as_deref().cloned(),
        }),
        detached: *detached,
        last_action: last_action.as_deref().cloned(),
    }
}

/// The volume that a claim is for.
fn volume(name: &DataflowName, claim: &str) -> Option<u32> {
    if claim == name.shared_recovery_claim() {
        return Some(SHARED_VOLUME);
    }
    let digits = claim.rsplit_once('-')?.1;
    let ordinal: u32 = digits
        .parse()
        .ok()
        .filter(|number| *number != SHARED_VOLUME)?;
    (name.recovery_claim(ordinal) == claim).then_some(ordinal)
}

/// Variables of the process that tell of the store.
const ORDERS: [&str; 7] = [
    "WAXRUN_STORE_ID",
    "WAXRUN_STORE_TIMELINE",
    "WAXRUN_STORE_STEP",
    "WAXRUN_PARTITIONS",
    "WAXRUN_CLAIMS",
    "WAXRUN_SHARED_VOLUME",
    BACKUP_INTERVAL,
];
const BACKUP_INTERVAL: &str = "WAXRUN_BACKUP_INTERVAL";

/// What a cache keeps of the containers of a gang.
pub(super) fn orders_only(containers: Vec<Container>) -> Vec<Container> {
    let processes = containers
        .into_iter()
        .filter(|it| it.name == label::PROCESS);
    processes
        .map(|mut process| {
            let mut env = process.env.take().unwrap_or_default();
            env.retain(|env| ORDERS.contains(&env.name.as_str()));
            Container {
                name: process.name,
                env: Some(env),
                ..Container::default()
            }
        })
        .collect()
}

/// The store that the template of a gang tells of. It is the truth as long as one process may
/// run: nothing changes a store before all have gone.
pub(super) fn told(pod: &PodSpec) -> Option<StoreLedger> {
    let env = environment(pod);
    let shared = env.get("WAXRUN_SHARED_VOLUME") == Some(&"true");
    let volume = |ordinal: u32| if shared { SHARED_VOLUME } else { ordinal };
    let places = env.get("WAXRUN_PARTITIONS")?.split(',');
    let claims = (0..).zip(env.get("WAXRUN_CLAIMS")?.split(','));
    Some(StoreLedger {
        id: (*env.get("WAXRUN_STORE_ID")?).to_owned(),
        timeline: (*env.get("WAXRUN_STORE_TIMELINE")?).to_owned(),
        step: env.get("WAXRUN_STORE_STEP")?.parse().ok()?,
        places: places
            .map(|place| place.parse().ok().map(volume))
            .collect::<Option<_>>()?,
        claims: claims
            .filter(|(_, uid)| !uid.is_empty())
            .map(|(ordinal, uid)| (volume(ordinal), uid.to_owned()))
            .collect(),
        pending: None,
        detached: false,
        last_action: None,
    })
}

/// For how many seconds the engines of a gang keep old snapshots, by its template.
pub(super) fn kept(pod: &PodSpec) -> Option<i64> {
    environment(pod).get(BACKUP_INTERVAL)?.parse().ok()
}

fn environment(pod: &PodSpec) -> BTreeMap<&str, &str> {
    let processes = pod.containers.iter().filter(|it| it.name == label::PROCESS);
    let env = processes.flat_map(|process| process.env.iter().flatten());
    env.filter_map(|env| Some((env.name.as_str(), env.value.as_deref()?)))
        .collect()
}

/// Reads what an inspection has printed.
///
/// # Errors
///
/// Fails when the API server does not answer; what makes no sense is told in words.
pub async fn read_inspection(
    client: &Client,
    namespace: &str,
    pod: &str,
) -> Result<Result<InspectionReport, String>, kube::Error> {
    let api: Api<ApiPod> = Api::namespaced(client.clone(), namespace);
    let limits = LogParams {
        limit_bytes: Some(LARGEST_REPORT),
        ..LogParams::default()
    };
    let log = api.logs(pod, &limits).await?;
    let found = log
        .lines()
        .rev()
        .find_map(|line| serde_json::from_str::<InspectionReport>(line).ok())
        .filter(|report| report.v <= FORMAT_VERSION);
    Ok(found.ok_or_else(|| format!("the log of pod {pod} holds no report that can be read")))
}

/// What there is of a store: the claims of every volume that the ledger or one of the goals speaks
/// of, and the pods that change it.
pub(super) fn objects(
    caches: &Caches,
    namespace: &str,
    name: &str,
    uid: &str,
    record: &StoreRecord,
    goals: [Option<&Goal>; 2],
) -> StoreObjects {
    StoreObjects {
        claims: claims(caches, namespace, name, record, goals),
        pods: pods(caches, namespace, name, uid),
        fresh_id: Uuid::new_v4().to_string(),
        action: None,
        report: None,
    }
}

fn claims(
    caches: &Caches,
    namespace: &str,
    name: &str,
    record: &StoreRecord,
    goals: [Option<&Goal>; 2],
) -> BTreeMap<u32, Claim> {
    let Ok(name) = DataflowName::try_from(name) else {
        return BTreeMap::new();
    };
    let mut volumes: BTreeSet<u32> = goals
        .into_iter()
        .flatten()
        .filter_map(|goal| Some(placement::volumes(goal.store?.single_volume, goal.size)))
        .flatten()
        .collect();
    if let StoreRecord::Known(ledger) = record {
        volumes.extend(ledger.occupied());
        volumes.extend(ledger.claims.keys());
    }
    if *record == StoreRecord::Unknown {
        // An earlier Dataflow of this name may have had more.
        let here = caches.claims.state();
        let here = here
            .iter()
            .filter(|claim| claim.namespace().as_deref() == Some(namespace));
        volumes.extend(here.filter_map(|claim| self::volume(&name, &claim.name_any())));
    }
    let wanted = goals[0].and_then(|goal| Some(goal.store?.volume_bytes));
    let claim = |volume: u32| {
        let claim = claim_name(&name, volume);
        let held = caches
            .claims
            .get(&ObjectRef::new(&claim).within(namespace))
            .map(|held| read_claim(&held))
            .map(|held| caches.refusals.told(held, wanted));
        (volume, Claim { name: claim, held })
    };
    volumes.into_iter().map(claim).collect()
}

fn read_claim(claim: &PersistentVolumeClaim) -> HeldClaim {
    let annotations = claim.annotations();
    let store = annotations.get(label::STORE_ID).cloned();
    let step = annotations
        .get(label::STORE_STEP)
        .and_then(|step| step.parse().ok());
    HeldClaim {
        uid: claim.metadata.uid.clone().unwrap_or_default(),
        made_for: store.zip(step),
        leaving: claim.metadata.deletion_timestamp.is_some(),
        bytes: growth::bytes(claim),
        growth_refused: None,
    }
}

/// The pods that change the store of one Dataflow.
fn pods(caches: &Caches, namespace: &str, name: &str, uid: &str) -> Vec<StorePod> {
    let mut pods: Vec<StorePod> = of_component(caches, namespace, name, label::STORE)
        .iter()
        .filter(|pod| object::controller(&pod.metadata).is_some_and(|owner| owner.uid == uid))
        .map(|pod| read_pod(pod))
        .collect();
    pods.sort_by(|one, other| one.name.cmp(&other.name));
    pods
}

fn read_pod(pod: &ApiPod) -> StorePod {
    let name = pod.name_any();
    let step = pod
        .labels()
        .get(label::STORE_STEP)
        .and_then(|step| step.parse().ok());
    let part = name
        .rsplit_once('-')
        .and_then(|(_, digits)| digits.parse().ok());
    StorePod {
        version: object::version(&pod.metadata),
        // A pod whose labels somebody has changed belongs to no change and is removed.
        step: step.unwrap_or(0),
        part: part.unwrap_or(0),
        deleting: pod.metadata.deletion_timestamp.is_some(),
        progress: pod::store_progress(pod),
        name,
    }
}

#[cfg(test)]
mod tests;
