//! Reads the settings of the recovery store from the pod template of a gang.

use std::collections::BTreeMap;

use dataflow::placement::SHARED_VOLUME;
use k8s_openapi::api::core::v1::{Container, PodSpec};

use crate::observed::StoreLedger;

/// Environment variables of the process that configure the recovery store.
const LAYOUT_VARIABLES: [&str; 7] = [
    "WAXRUN_STORE_ID",
    "WAXRUN_STORE_TIMELINE",
    "WAXRUN_STORE_STEP",
    "WAXRUN_PARTITIONS",
    "WAXRUN_CLAIMS",
    "WAXRUN_SHARED_VOLUME",
    BACKUP_INTERVAL,
];

const BACKUP_INTERVAL: &str = "WAXRUN_BACKUP_INTERVAL";

/// Returns the part of a gang's containers that the cache keeps: the name and the recovery store
/// variables. The process is the only container, under the name that the user chose for it.
pub(super) fn keep_layout_variables(containers: Vec<Container>) -> Vec<Container> {
    containers
        .into_iter()
        .map(|mut process| {
            let mut env = process.env.take().unwrap_or_default();
            env.retain(|env| LAYOUT_VARIABLES.contains(&env.name.as_str()));
            Container {
                name: process.name,
                env: Some(env),
                ..Container::default()
            }
        })
        .collect()
}

/// Returns the ledger that the pod template contains.
///
/// It is correct as long as a process may run: the recovery store changes only after all processes
/// have ended.
pub(super) fn ledger(pod: &PodSpec) -> Option<StoreLedger> {
    let env = environment(pod);
    let shared = env.get("WAXRUN_SHARED_VOLUME") == Some(&"true");
    let volume = |ordinal: u32| if shared { SHARED_VOLUME } else { ordinal };
    let places = env.get("WAXRUN_PARTITIONS")?.split(',');
    let claims = (0..).zip(env.get("WAXRUN_CLAIMS")?.split(','));
    Some(StoreLedger {
        id: (*env.get("WAXRUN_STORE_ID")?).to_owned(),
        timeline: (*env.get("WAXRUN_STORE_TIMELINE")?).to_owned(),
        change_number: env.get("WAXRUN_STORE_STEP")?.parse().ok()?,
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

/// Returns the retention of old snapshots in the pod template, in seconds.
pub(super) fn retention(pod: &PodSpec) -> Option<i64> {
    environment(pod).get(BACKUP_INTERVAL)?.parse().ok()
}

fn environment(pod: &PodSpec) -> BTreeMap<&str, &str> {
    let env = pod
        .containers
        .iter()
        .flat_map(|process| process.env.iter().flatten());
    env.filter_map(|env| Some((env.name.as_str(), env.value.as_deref()?)))
        .collect()
}

#[cfg(test)]
mod tests;
