//! Reads the PVCs and store pods of the recovery store.

use std::collections::{BTreeMap, BTreeSet};

use agent::report::{FORMAT_VERSION, InspectionReport};
use dataflow::label;
use dataflow::name::DataflowName;
use dataflow::placement;
use dataflow::plan::claim_name;
use dataflow::spec::RecoveryAction;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod as ApiPod};
use kube::api::LogParams;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Client, ResourceExt};
use uuid::Uuid;

use super::cache::Caches;
use super::identity::Identity;
use super::{growth, object, pod, store_ledger};
use crate::observed::{Claim, Goal, HeldClaim, LedgerState, StoreObjects, StorePod};

/// Largest log of an inspection pod that is read, in bytes. A report of a thousand partitions fits.
const LARGEST_REPORT: i64 = 1024 * 1024;

/// Reads the report of an inspection pod from its log. The inner error is the reason why the log
/// contains no valid report.
///
/// # Errors
///
/// Fails if the API server does not answer.
pub(crate) async fn read_inspection(
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
    Ok(found.ok_or_else(|| format!("the log of pod {pod} contains no valid inspection report")))
}

/// Returns the objects of a recovery store: the PVCs of all volumes that the ledger or one of the goals
/// names, and the store pods.
pub(super) fn objects(
    caches: &Caches,
    identity: &Identity,
    ledger: &LedgerState,
    goals: [Option<&Goal>; 2],
    action: Option<RecoveryAction>,
) -> StoreObjects {
    StoreObjects {
        claims: claims(caches, identity, ledger, goals),
        pods: pods(caches, identity),
        fresh_id: Uuid::new_v4().to_string(),
        action,
    }
}

fn claims(
    caches: &Caches,
    identity: &Identity,
    ledger: &LedgerState,
    goals: [Option<&Goal>; 2],
) -> BTreeMap<u32, Claim> {
    let namespace = &identity.namespace;
    let Ok(name) = DataflowName::try_from(identity.name.as_str()) else {
        return BTreeMap::new();
    };
    let mut volumes: BTreeSet<u32> = goals
        .into_iter()
        .flatten()
        .filter_map(|goal| {
            Some(placement::volumes(
                goal.store?.single_volume,
                goal.processes,
            ))
        })
        .flatten()
        .collect();
    if let LedgerState::Known(ledger) = ledger {
        volumes.extend(ledger.occupied());
        volumes.extend(ledger.claims.keys());
    }
    if *ledger == LedgerState::Unknown {
        // An earlier Dataflow of this name may have had more volumes than the goals name.
        let here = caches.claims.state();
        let here = here
            .iter()
            .filter(|claim| claim.namespace().as_ref() == Some(namespace));
        volumes.extend(here.filter_map(|claim| store_ledger::volume(&name, &claim.name_any())));
    }
    let wanted = goals[0].and_then(|goal| Some(goal.store?.volume_bytes));
    let claim = |volume: u32| {
        let claim = claim_name(&name, volume);
        let held = caches
            .claims
            .get(&ObjectRef::new(&claim).within(namespace))
            .map(|held| read_claim(&held))
            .map(|held| caches.refusals.add_to(held, wanted));
        (volume, Claim { name: claim, held })
    };
    volumes.into_iter().map(claim).collect()
}

fn read_claim(claim: &PersistentVolumeClaim) -> HeldClaim {
    let annotations = claim.annotations();
    let store = annotations.get(label::STORE_ID).cloned();
    let change_number = annotations
        .get(label::STORE_STEP)
        .and_then(|number| number.parse().ok());
    HeldClaim {
        uid: claim.metadata.uid.clone().unwrap_or_default(),
        made_for: store.zip(change_number),
        terminating: claim.metadata.deletion_timestamp.is_some(),
        bytes: growth::bytes(claim),
        growth_refused: None,
    }
}

/// Returns the store pods that the Dataflow owns, sorted by name.
fn pods(caches: &Caches, identity: &Identity) -> Vec<StorePod> {
    let found = caches.pods_of(&identity.namespace, &identity.name, label::STORE);
    let mut pods: Vec<StorePod> = found
        .iter()
        .filter(|pod| object::is_owned(&pod.metadata, identity))
        .map(|pod| read_pod(pod))
        .collect();
    pods.sort_by(|one, other| one.name.cmp(&other.name));
    pods
}

fn read_pod(pod: &ApiPod) -> StorePod {
    let name = pod.name_any();
    let change_number = pod
        .labels()
        .get(label::STORE_STEP)
        .and_then(|number| number.parse().ok());
    let part = name
        .rsplit_once('-')
        .and_then(|(_, digits)| digits.parse().ok());
    StorePod {
        version: object::version(&pod.metadata),
        // A pod whose label was changed or removed belongs to no store change and is deleted.
        change_number: change_number.unwrap_or(0),
        part: part.unwrap_or(0),
        deleting: pod.metadata.deletion_timestamp.is_some(),
        progress: pod::store_progress(pod),
        name,
    }
}
