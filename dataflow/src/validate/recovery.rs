//! Checks the fields about recovery, schedules and downloads, and applies the defaults of recovery.
//!
//! Fields that this release does not support are checked too, so that a spec is already valid when a release supports
//! them.

use super::{
    backup::{self, ValidatedBackup},
    fault::Fault,
    fields::at_least,
};
use crate::quantity;
use crate::spec::absent::{filled, present};
use crate::spec::{ConcurrencyPolicy, DEFAULT_VOLUME_SIZE, DataflowSpec, Recovery, RecoveryAction};

mod action;

pub use action::NO_STORE;

/// Maximum number of partitions. More partitions have no use, and their ledger would not fit into an object.
const MOST_PARTITIONS: i32 = 1000;

/// Settings of recovery, with all defaults applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatedRecovery {
    /// Number of recovery partitions, at least 1.
    pub partitions: u32,
    /// Whether one volume contains all partitions.
    pub single_volume: bool,
    /// Seconds between two snapshots, at least 1.
    pub snapshot_interval: i32,
    /// Seconds for which the engine keeps old snapshots.
    pub backup_interval: i32,
    /// Size of each volume.
    pub size: String,
    /// Storage class of the volumes; `None` for the default class of the cluster.
    pub storage_class: Option<String>,
    /// Recovery action that the spec requests.
    pub action: Option<RecoveryAction>,
    /// Settings of backups, if they are enabled.
    pub backup: Option<ValidatedBackup>,
}

impl ValidatedRecovery {
    /// Returns the settings of a spec without faults, or `None` if recovery is disabled.
    pub(super) fn from_spec(spec: &DataflowSpec) -> Option<Self> {
        let Recovery {
            enabled,
            parts_count,
            single_volume,
            snapshot_interval,
            backup_interval,
            persistence,
            cloud_backup: _,
            action,
        } = spec.recovery.as_ref()?;
        let backup = ValidatedBackup::from_recovery(spec.recovery.as_ref()?);
        let kept = backup.as_ref().map_or(0, ValidatedBackup::kept);
        let persistence = persistence.clone().unwrap_or_default();
        enabled.unwrap_or(false).then(|| Self {
            partitions: u32::try_from(parts_count.unwrap_or(1)).unwrap_or(1),
            single_volume: single_volume.unwrap_or(false),
            snapshot_interval: snapshot_interval.unwrap_or(1),
            // The value is raised but never lowered: with the published default, no two copies could be
            // restored to one epoch.
            backup_interval: backup_interval.unwrap_or(1).max(kept),
            size: filled(persistence.size.as_ref())
                .unwrap_or_else(|| DEFAULT_VOLUME_SIZE.to_owned()),
            storage_class: filled(persistence.storage_class_name.as_ref()),
            action: action.clone(),
            backup,
        })
    }
}

pub(super) fn check(spec: &DataflowSpec, found: &mut Vec<Fault>) {
    let scheduled = present(spec.schedule.as_ref()).is_some();
    if scheduled && spec.keeps_alive() {
        found.push(Fault::invalid(
            "spec.keepAlive",
            "cannot be combined with `schedule`: the next run would never start",
            "remove one of them",
        ));
    }
    download(spec, found);
    let Some(recovery) = &spec.recovery else {
        return;
    };
    let enabled = recovery.enabled.unwrap_or(false);
    numbers(recovery, found);
    if enabled && spec.concurrency_policy == Some(ConcurrencyPolicy::Allow) {
        found.push(Fault::invalid(
            "spec.concurrencyPolicy",
            "`Allow` would let two runs write to the same recovery store",
            "write `Forbid` or `Replace`",
        ));
    }
    if let Some(backup) = &recovery.cloud_backup {
        backup::check(backup, enabled, found);
    }
    if let Some(action) = &recovery.action {
        action::check(action, enabled, found);
    }
}

fn numbers(recovery: &Recovery, found: &mut Vec<Fault>) {
    at_least(1, recovery.parts_count, "spec.recovery.partsCount", found);
    if let Some(count) = recovery
        .parts_count
        .filter(|count| *count > MOST_PARTITIONS)
    {
        found.push(Fault::invalid(
            "spec.recovery.partsCount",
            format!("is {count}, but at most {MOST_PARTITIONS} are possible"),
            "write a number near the largest `processesCount` that you expect",
        ));
    }
    at_least(
        1,
        recovery.snapshot_interval,
        "spec.recovery.snapshotInterval",
        found,
    );
    at_least(
        0,
        recovery.backup_interval,
        "spec.recovery.backupInterval",
        found,
    );
    let size = recovery
        .persistence
        .as_ref()
        .and_then(|volumes| volumes.size.as_ref());
    if let Some(size) = present(size).filter(|size| quantity::bytes(size).is_none()) {
        found.push(Fault::invalid(
            "spec.recovery.persistence.size",
            format!("`{size}` is not a size of a volume"),
            "write a size such as `10Gi`",
        ));
    }
}

fn download(spec: &DataflowSpec, found: &mut Vec<Fault>) {
    let Some(download) = &spec.artifacts_download else {
        return;
    };
    if !["https://", "http://"]
        .iter()
        .any(|scheme| download.url.starts_with(scheme))
    {
        found.push(Fault::invalid(
            "spec.artifactsDownload.url",
            format!("`{}` is not the URL of an archive", download.url),
            "write a URL that starts with `https://`",
        ));
    }
    let (token, secret) = (download.token.as_ref(), download.secret_name.as_ref());
    if present(token).is_some() && present(secret).is_some() {
        found.push(Fault::invalid(
            "spec.artifactsDownload.secretName",
            "cannot be combined with `token`",
            "keep `secretName` and remove `token`",
        ));
    }
}
