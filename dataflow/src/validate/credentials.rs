//! Credentials that stand in the spec itself, where everybody can read them who can read git.

use super::fault::Fault;
use crate::spec::DataflowSpec;
use crate::spec::absent::present;

/// Finds every credential that is written into a spec.
///
/// They are no faults for the operator, since the published CRD allows them; but they must not get
/// into git.
#[must_use]
pub fn inline_credentials(spec: &DataflowSpec) -> Vec<Fault> {
    let download = spec.artifacts_download.as_ref();
    let s3 = spec
        .recovery
        .as_ref()
        .and_then(|r| r.cloud_backup.as_ref())
        .and_then(|b| b.s3.as_ref());
    let keys = "put it into a Secret with the keys LITESTREAM_ACCESS_KEY_ID and \
                LITESTREAM_SECRET_ACCESS_KEY, and write `secretName`";
    [
        (
            download.and_then(|download| download.token.as_ref()),
            "spec.artifactsDownload.token",
            "put it into a Secret with the key TOKEN, and write `secretName`",
        ),
        (
            s3.and_then(|s3| s3.access_key_id.as_ref()),
            "spec.recovery.cloudBackup.s3.accessKeyId",
            keys,
        ),
        (
            s3.and_then(|s3| s3.secret_access_key.as_ref()),
            "spec.recovery.cloudBackup.s3.secretAccessKey",
            keys,
        ),
    ]
    .into_iter()
    .filter(|(value, ..)| present(*value).is_some())
    .map(|(_, path, instead)| Fault::invalid(path, "holds a credential in clear text", instead))
    .collect()
}
