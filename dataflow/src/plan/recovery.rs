//! The layout of the recovery store as environment variables of the agent.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::EnvVar;

use super::context::StoreLayout;
use super::template::Template;
use super::variable::plain;
use crate::placement::SHARED_VOLUME;
use crate::reserved::RECOVERY_FOLDER;

/// Returns the variables about the recovery store for `verify`, `launch` and the sidecar; empty without recovery.
pub(super) fn environment(template: &Template<'_>) -> Vec<EnvVar> {
    let (Some(recovery), Some(store)) = (&template.dataflow.recovery, &template.context.store)
    else {
        return Vec::new();
    };
    let mut env = vec![
        plain("WAXRUN_STORE_DIR", RECOVERY_FOLDER),
        plain("WAXRUN_SNAPSHOT_INTERVAL", &recovery.snapshot_interval),
        plain("WAXRUN_BACKUP_INTERVAL", &recovery.backup_interval),
    ];
    env.extend(identity(store, 0));
    if recovery.single_volume {
        env.push(plain("WAXRUN_SHARED_VOLUME", "true"));
    }
    env
}

/// Returns the identity and the layout of the store as variables. The agent counts volumes by ordinals; `shared` is the
/// ordinal of the shared volume.
pub(super) fn identity(store: &StoreLayout, shared: u32) -> [EnvVar; 5] {
    let StoreLayout {
        id,
        timeline,
        change_number,
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
        plain("WAXRUN_STORE_STEP", change_number),
        plain("WAXRUN_PARTITIONS", &listed(places, shared)),
        plain("WAXRUN_CLAIMS", &by_ordinal(&claims)),
    ]
}

/// Returns the ordinal of a volume.
pub(super) fn ordinal(volume: u32, shared: u32) -> u32 {
    match volume {
        SHARED_VOLUME => shared,
        ordinal => ordinal,
    }
}

/// Returns the ordinals of volumes as one text, separated by commas.
pub(super) fn listed(volumes: &[u32], shared: u32) -> String {
    let words: Vec<String> = volumes
        .iter()
        .map(|volume| ordinal(*volume, shared).to_string())
        .collect();
    words.join(",")
}

/// Returns the UIDs as one text, in the order of the ordinals, with an empty text where no UID is known.
fn by_ordinal(claims: &BTreeMap<u32, &str>) -> String {
    let last = claims.keys().next_back().map_or(0, |last| last + 1);
    let uids: Vec<&str> = (0..last)
        .map(|ordinal| claims.get(&ordinal).copied().unwrap_or_default())
        .collect();
    uids.join(",")
}
