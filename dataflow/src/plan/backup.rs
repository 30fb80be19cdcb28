//! Copies of the recovery store outside the cluster: what the containers that make and use them are
//! told, and where their keys come from.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{EnvVar, Secret, Volume, VolumeMount};
use sha2::{Digest as _, Sha256};

use super::metadata::metadata;
use super::variable::{field, from_secret, plain};
use super::volume::{empty, mount};
use crate::hex;
use crate::validate::{BackupKeys, ValidatedBackup, ValidatedDataflow};

/// Name of the volume that holds a copy under way.
const SCRATCH: &str = "scratch";

/// Where it is.
const FOLDER: &str = "/scratch";

/// The keys of a Secret, under which they are variables too.
const KEYS: [&str; 5] = [
    "LITESTREAM_ACCESS_KEY_ID",
    "LITESTREAM_SECRET_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

/// The Secret with the keys that stand in the spec itself, if any do.
///
/// Its name says what is in it, so that it is made once and never changed.
#[must_use]
pub fn backup_secret(
    dataflow: &ValidatedDataflow,
    namespace: &str,
    uid: Option<&str>,
) -> Option<Secret> {
    let backup = dataflow.recovery.as_ref()?.backup.as_ref()?;
    let BackupKeys::Inline { id, secret } = &backup.keys else {
        return None;
    };
    let data = [(KEYS[0], id), (KEYS[1], secret)];
    let data = data.map(|(key, value)| (key.to_owned(), ByteString(value.clone().into_bytes())));
    Some(Secret {
        metadata: metadata(
            &dataflow.name,
            secret_name(dataflow, backup)?,
            namespace,
            uid,
        ),
        data: Some(BTreeMap::from(data)),
        immutable: Some(true),
        ..Secret::default()
    })
}

/// What a container that makes or uses copies is told about the bucket.
pub(super) fn environment(dataflow: &ValidatedDataflow) -> Vec<EnvVar> {
    let Some(backup) = backup(dataflow) else {
        return Vec::new();
    };
    let ValidatedBackup {
        url,
        endpoint,
        region,
        path_style,
        keys: _,
        interval,
        keep,
        keep_seconds,
    } = backup;
    let mut env = vec![
        plain("WAXRUN_BACKUP_URL", url),
        plain("WAXRUN_BACKUP_REGION", region),
        plain("WAXRUN_BACKUP_PATH_STYLE", path_style),
        plain("WAXRUN_BACKUP_INTERVAL_SECONDS", interval),
        plain("WAXRUN_BACKUP_KEEP", keep),
        plain("WAXRUN_BACKUP_KEEP_SECONDS", keep_seconds),
        plain("WAXRUN_SCRATCH", FOLDER),
        field("WAXRUN_NAMESPACE", "metadata.namespace"),
        field("WAXRUN_POD_UID", "metadata.uid"),
    ];
    env.extend(
        endpoint
            .as_ref()
            .map(|endpoint| plain("WAXRUN_BACKUP_ENDPOINT", endpoint)),
    );
    if let Some(secret) = secret_name(dataflow, backup) {
        env.push(plain("WAXRUN_BACKUP_SECRET", &secret));
        env.extend(KEYS.map(|key| from_secret(&secret, key)));
    }
    env
}

/// Where a container that makes or uses copies finds its scratch folder.
pub(super) fn scratch_mount(dataflow: &ValidatedDataflow) -> Option<VolumeMount> {
    backup(dataflow).map(|_| mount(SCRATCH, FOLDER))
}

/// The scratch folder of a pod, with room for so many volumes full of state.
pub(super) fn scratch(dataflow: &ValidatedDataflow, limit: Option<&str>) -> Option<Volume> {
    backup(dataflow).map(|_| empty(SCRATCH, limit))
}

fn backup(dataflow: &ValidatedDataflow) -> Option<&ValidatedBackup> {
    dataflow.recovery.as_ref()?.backup.as_ref()
}

fn secret_name(dataflow: &ValidatedDataflow, backup: &ValidatedBackup) -> Option<String> {
    match &backup.keys {
        BackupKeys::Identity => None,
        BackupKeys::Secret(name) => Some(name.clone()),
        BackupKeys::Inline { id, secret } => {
            let hash = Sha256::digest(format!("{}\n{id}\n{secret}", id.len()));
            let hash = hex::encode(&hash[..5]);
            Some(format!("{}-backup-{hash}", dataflow.name))
        }
    }
}
