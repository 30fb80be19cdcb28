//! Finds credentials in the spec itself. Everyone who can read the git repository can read them.

use super::fault::Fault;
use crate::spec::DataflowSpec;
use crate::spec::absent::present;

/// Returns a fault for every credential that is written into a spec.
///
/// The operator accepts them, since the published CRD allows them. But they must not be committed to git.
#[must_use]
pub fn inline_credentials(spec: &DataflowSpec) -> Vec<Fault> {
    let download = spec.artifacts_download.as_ref();
    let s3 = spec
        .recovery
        .as_ref()
        .and_then(|r| r.cloud_backup.as_ref())
        .and_then(|b| b.s3.as_ref());
    let keys = "put it into a Secret with the keys LITESTREAM_ACCESS_KEY_ID and \
                LITESTREAM_SECRET_ACCESS_KEY, and write the name of the Secret in `secretName`";
    [
        (
            download.and_then(|download| download.token.as_ref()),
            "spec.artifactsDownload.token",
            "put it into a Secret with the key TOKEN, and write the name of the Secret in `secretName`",
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
    .map(|(_, path, instead)| Fault::invalid(path, "contains a credential in clear text", instead))
    .collect()
}
