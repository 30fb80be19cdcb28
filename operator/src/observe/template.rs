//! What the template of a gang tells of its recovery store.

use std::collections::BTreeMap;

use dataflow::label;
use dataflow::placement::SHARED_VOLUME;
use k8s_openapi::api::core::v1::{Container, PodSpec};

use crate::observed::StoreLedger;

/// Variables of the process that tell of the store.
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

/// What a cache keeps of the containers of a gang.
pub(super) fn keep_layout_variables(containers: Vec<Container>) -> Vec<Container> {
    let processes = containers
        .into_iter()
        .filter(|it| it.name == label::PROCESS);
    processes
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

/// The store that the template of a gang tells of. It is the truth as long as one process may
/// run: nothing changes a store before all have gone.
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

/// For how many seconds the engines of a gang keep old snapshots, by its template.
pub(super) fn retention(pod: &PodSpec) -> Option<i64> {
    environment(pod).get(BACKUP_INTERVAL)?.parse().ok()
}

fn environment(pod: &PodSpec) -> BTreeMap<&str, &str> {
    let processes = pod.containers.iter().filter(|it| it.name == label::PROCESS);
    let env = processes.flat_map(|process| process.env.iter().flatten());
    env.filter_map(|env| Some((env.name.as_str(), env.value.as_deref()?)))
        .collect()
}

#[cfg(test)]
mod tests;
