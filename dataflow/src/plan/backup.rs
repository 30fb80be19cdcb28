//! Backups of the recovery store.
//!
//! The module computes the environment and the scratch volume of the containers that make or restore backup copies. It
//! also computes the Secret with the keys of the bucket.

use std::collections::BTreeMap;

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{EnvVar, Secret, Volume, VolumeMount};
use sha2::{Digest as _, Sha256};

use super::metadata::metadata;
use super::variable::{field, from_secret, plain};
use super::volume::{empty, mount};
use crate::hex;
use crate::validate::{BackupKeys, ValidatedBackup, ValidatedDataflow};

/// Name of the volume that holds a copy while it is made or restored.
const SCRATCH: &str = "scratch";

/// Mount path of the scratch volume.
const FOLDER: &str = "/scratch";

/// Keys of the Secret. The environment variables have the same names.
const KEYS: [&str; 5] = [
    "LITESTREAM_ACCESS_KEY_ID",
    "LITESTREAM_SECRET_ACCESS_KEY",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
];

/// Returns the Secret with the keys that are written in the spec itself, or `None` if there are no such keys.
///
/// Its name contains a hash of the keys, so it is created once and never changed.
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

/// Returns the environment variables about the bucket for a container that makes or restores copies.
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

/// Returns the mount of the scratch folder in a container that makes or restores copies.
pub(super) fn scratch_mount(dataflow: &ValidatedDataflow) -> Option<VolumeMount> {
    backup(dataflow).map(|_| mount(SCRATCH, FOLDER))
}

/// Returns the scratch volume of a pod, with `limit` as its maximum size.
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
