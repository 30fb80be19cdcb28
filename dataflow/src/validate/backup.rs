//! Checks the settings of backups and applies their defaults.

use super::fault::Fault;
use super::fields::at_least;
use crate::spec::absent::{DEFAULT_REGION, filled, present};
use crate::spec::{CloudBackup, Recovery, S3};

/// Number of backup intervals for which the engine must keep old snapshots. With a shorter time, the copies may have
/// no common epoch, and then they cannot be restored.
pub const INTERVALS_KEPT: i32 = 4;

/// Settings of backups, with all defaults applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedBackup {
    /// Address of the bucket and the folder in it.
    pub url: String,
    /// URL of the server; `None` for Amazon S3.
    pub endpoint: Option<String>,
    /// Region of the bucket.
    pub region: String,
    /// Whether the name of the bucket is part of the path instead of the host name.
    pub path_style: bool,
    /// Credentials of the bucket.
    pub keys: BackupKeys,
    /// Seconds between two copies of a partition, at least 1.
    pub interval: i32,
    /// Number of restore points that are kept, at least 1.
    pub keep: i32,
    /// Seconds for which every copy is kept, in addition to the restore points.
    pub keep_seconds: i32,
}

/// Credentials of the bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupKeys {
    /// The pods' own identity.
    Identity,
    /// The user's Secret with this name.
    Secret(String),
    /// Keys that are written in the spec. The operator copies them to a Secret.
    Inline {
        /// Id of the access key.
        id: String,
        /// Secret key of the access key.
        secret: String,
    },
}

impl ValidatedBackup {
    /// Returns the settings of a spec without faults, or `None` if backups are disabled.
    pub(super) fn from_recovery(recovery: &Recovery) -> Option<Self> {
        let CloudBackup {
            enabled,
            s3,
            interval,
            keep,
            keep_seconds,
        } = recovery.cloud_backup.as_ref()?;
        let S3 {
            url,
            access_key_id,
            secret_access_key,
            secret_name,
            endpoint,
            region,
            path_style,
        } = s3.as_ref().filter(|_| enabled.unwrap_or(false))?;
        let endpoint = filled(endpoint.as_ref());
        let keys = match (
            filled(secret_name.as_ref()),
            filled(access_key_id.as_ref()),
            filled(secret_access_key.as_ref()),
        ) {
            (Some(secret), ..) => BackupKeys::Secret(secret),
            (None, Some(id), Some(secret)) => BackupKeys::Inline { id, secret },
            _ => BackupKeys::Identity,
        };
        Some(Self {
            url: url.clone(),
            region: filled(region.as_ref()).unwrap_or_else(|| DEFAULT_REGION.to_owned()),
            path_style: path_style.unwrap_or(endpoint.is_some()),
            endpoint,
            keys,
            interval: interval.unwrap_or(30),
            keep: keep.unwrap_or(10),
            keep_seconds: keep_seconds.unwrap_or(0),
        })
    }

    /// Returns the seconds for which the engine must keep old snapshots.
    pub(super) fn kept(&self) -> i32 {
        self.interval.saturating_mul(INTERVALS_KEPT)
    }
}

pub(super) fn check(backup: &CloudBackup, enabled: bool, found: &mut Vec<Fault>) {
    const PATH: &str = "spec.recovery.cloudBackup";
    if backup.enabled.unwrap_or(false) {
        if !enabled {
            found.push(Fault::invalid(
                PATH,
                "backs up the recovery store, but recovery is not enabled",
                "write `enabled: true` in `spec.recovery`",
            ));
        }
        if backup.s3.is_none() {
            found.push(Fault::invalid(
                format!("{PATH}.s3"),
                "is missing",
                "write the `url` of the bucket",
            ));
        }
    }
    at_least(1, backup.interval, &format!("{PATH}.interval"), found);
    at_least(1, backup.keep, &format!("{PATH}.keep"), found);
    at_least(
        0,
        backup.keep_seconds,
        &format!("{PATH}.keepSeconds"),
        found,
    );
    if let Some(s3) = &backup.s3 {
        bucket(s3, found);
    }
}

fn bucket(s3: &S3, found: &mut Vec<Fault>) {
    const PATH: &str = "spec.recovery.cloudBackup.s3";
    if !is_bucket(&s3.url) {
        found.push(Fault::invalid(
            format!("{PATH}.url"),
            format!("`{}` is not the address of a bucket", s3.url),
            "write an address such as `s3://bucket/folder`",
        ));
    }
    let (id, secret) = (
        present(s3.access_key_id.as_ref()),
        present(s3.secret_access_key.as_ref()),
    );
    if present(s3.secret_name.as_ref()).is_some() {
        if id.or(secret).is_some() {
            found.push(Fault::invalid(
                format!("{PATH}.secretName"),
                "cannot be combined with `accessKeyId` and `secretAccessKey`",
                "keep `secretName` and remove the keys",
            ));
        }
    } else if id.is_some() != secret.is_some() {
        found.push(Fault::invalid(
            PATH,
            "has only one of `accessKeyId` and `secretAccessKey`",
            "put both keys into a Secret and write its name in `secretName`",
        ));
    }
    let endpoint = present(s3.endpoint.as_ref());
    let has_scheme = |text: &str| {
        ["http://", "https://"]
            .iter()
            .any(|scheme| text.starts_with(scheme))
    };
    if let Some(endpoint) = endpoint.filter(|endpoint| !has_scheme(endpoint)) {
        found.push(Fault::invalid(
            format!("{PATH}.endpoint"),
            format!("`{endpoint}` is not the URL of a server"),
            "write a URL such as `https://minio.example:9000`",
        ));
    }
}

/// Returns true if an address consists of a bucket and a plain folder. The agent accepts no other address.
fn is_bucket(url: &str) -> bool {
    let plain = |word: &str| {
        !word.trim_matches('.').is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.=".contains(&byte))
    };
    let words = url
        .strip_prefix("s3://")
        .map(|rest| rest.trim_end_matches('/'));
    words.is_some_and(|words| words.split('/').all(plain))
}
