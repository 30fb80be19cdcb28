//! Flags of the original `waxctl` that are refused by name, each with a replacement.

use super::flow::RefusedArgs;
use crate::error::CommandError;

const BACKUP: &str = "leave it out: the state is kept on the volumes only";
const SECRET: &str = "put the keys into a Secret and name it in the manifest: \
                      spec.recovery.cloudBackup.s3.secretName";

/// A test whether the flag requests an unsupported feature, the flag, and a hint. A flag that switches such a feature
/// off requests nothing.
type Refusal = (fn(&RefusedArgs) -> bool, &'static str, &'static str);

const UNSUPPORTED: [Refusal; 7] = [
    (
        |args| args.requirements_file_name.is_some(),
        "--requirements-file-name",
        "build an image with the packages, and name it with `--image-repository` and \
         `--image-tag`",
    ),
    (
        |args| args.job_mode == Some(true),
        "--job-mode",
        "leave it out: the flow runs as a stream until its input ends",
    ),
    (
        |args| args.schedule.is_some(),
        "--schedule",
        "leave it out: the flow runs as a stream",
    ),
    (
        |args| args.concurrency_policy.is_some(),
        "--concurrency-policy",
        "leave it out: it only matters with `--schedule`",
    ),
    (
        |args| args.recovery_backup == Some(true),
        "--recovery-backup",
        BACKUP,
    ),
    (
        |args| args.recovery_backup_s3_url.is_some(),
        "--recovery-backup-s3-url",
        BACKUP,
    ),
    (
        |args| args.recovery_backup_s3_k8s_secret.is_some(),
        "--recovery-backup-s3-k8s-secret",
        BACKUP,
    ),
];

const SECRETS: [Refusal; 2] = [
    (
        |args| args.recovery_backup_s3_aws_access_key_id.is_some(),
        "--recovery-backup-s3-aws-access-key-id",
        SECRET,
    ),
    (
        |args| args.recovery_backup_s3_aws_secret_access_key.is_some(),
        "--recovery-backup-s3-aws-secret-access-key",
        SECRET,
    ),
];

/// Refuses the first flag that requests an unsupported feature.
pub(super) fn check(args: &RefusedArgs) -> Result<(), CommandError> {
    if let Some((_, flag, hint)) = SECRETS.iter().find(|(given, _, _)| given(args)) {
        return Err(
            CommandError::policy(format!("`{flag}` is refused: it contains a secret"))
                .because("command lines end up in shell histories, process lists and CI logs")
                .hint(*hint),
        );
    }
    match UNSUPPORTED.iter().find(|(given, _, _)| given(args)) {
        None => Ok(()),
        Some((_, flag, hint)) => {
            Err(CommandError::usage(format!("`{flag}` is not supported yet")).hint(*hint))
        }
    }
}
