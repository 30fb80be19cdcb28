//! Checks of the fields about state and downloads, so that a spec which waits for a release is
//! right by then.

use super::{Fault, fields::at_least};
use crate::spec::defaults::present;
use crate::spec::{ConcurrencyPolicy, DataflowSpec, S3};

pub(super) fn check(spec: &DataflowSpec, found: &mut Vec<Fault>) {
    let scheduled = present(spec.schedule.as_ref()).is_some();
    if scheduled && spec.keeps_alive() {
        found.push(Fault::invalid(
            "spec.keepAlive",
            "is true beside a schedule, so the next run would never start",
            "leave one of them out",
        ));
    }
    download(spec, found);
    let Some(recovery) = &spec.recovery else {
        return;
    };
    let enabled = recovery.enabled.unwrap_or(false);
    at_least(1, recovery.parts_count, "spec.recovery.partsCount", found);
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
    if enabled && spec.concurrency_policy == Some(ConcurrencyPolicy::Allow) {
        found.push(Fault::invalid(
            "spec.concurrencyPolicy",
            "would let two runs write the same recovery store",
            "write `Forbid` or `Replace`",
        ));
    }
    let Some(backup) = &recovery.cloud_backup else {
        return;
    };
    if backup.enabled.unwrap_or(false) {
        if !enabled {
            found.push(Fault::invalid(
                "spec.recovery.cloudBackup",
                "copies the recovery store, but there is none",
                "write `enabled: true` in `spec.recovery`",
            ));
        }
        if backup.s3.is_none() {
            found.push(Fault::invalid(
                "spec.recovery.cloudBackup.s3",
                "is missing",
                "write the bucket's `url`",
            ));
        }
    }
    if let Some(s3) = &backup.s3 {
        bucket(s3, found);
    }
}

fn bucket(s3: &S3, found: &mut Vec<Fault>) {
    const PATH: &str = "spec.recovery.cloudBackup.s3";
    if s3.url.strip_prefix("s3://").is_none_or(str::is_empty) {
        found.push(Fault::invalid(
            format!("{PATH}.url"),
            format!("`{}` is no address of a bucket", s3.url),
            "write one such as `s3://bucket/folder`",
        ));
    }
    let inline = present(s3.access_key_id.as_ref()).or(present(s3.secret_access_key.as_ref()));
    if inline.is_some() && present(s3.secret_name.as_ref()).is_some() {
        found.push(Fault::invalid(
            format!("{PATH}.secretName"),
            "stands beside the keys themselves",
            "keep `secretName` and leave the keys out",
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
            format!("`{}` is no address of an archive", download.url),
            "write one that starts with `https://`",
        ));
    }
    let (token, secret) = (download.token.as_ref(), download.secret_name.as_ref());
    if present(token).is_some() && present(secret).is_some() {
        found.push(Fault::invalid(
            "spec.artifactsDownload.secretName",
            "stands beside the token itself",
            "keep `secretName` and leave `token` out",
        ));
    }
}
