//! Flags of the original `waxctl` that are refused by name, each with a replacement.

use super::flow::RefusedArgs;
use crate::error::CommandError;

/// The way to a Secret that puts no key into an argument: kubectl takes the values of lines without `=` from the
/// environment.
const SECRET: [&str; 2] = [
    "put both keys into a Secret, for example from variables of the environment: \
     `printf 'AWS_ACCESS_KEY_ID\\nAWS_SECRET_ACCESS_KEY\\n' | kubectl create secret generic bucket-keys \
     --from-env-file=/dev/stdin`",
    "then name the Secret with `--recovery-backup-s3-k8s-secret bucket-keys`",
];

/// A test whether the flag requests an unsupported feature, the flag, and a hint. A flag that switches such a feature
/// off requests nothing.
type Refusal = (IsGiven, &'static str, &'static str);

/// A test whether a flag was given.
type IsGiven = fn(&RefusedArgs) -> bool;

const UNSUPPORTED: [Refusal; 4] = [
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
];

/// Tests whether a flag with a secret was given, and the flag.
const SECRETS: [(IsGiven, &str); 2] = [
    (
        |args| args.recovery_backup_s3_aws_access_key_id.is_some(),
        "--recovery-backup-s3-aws-access-key-id",
    ),
    (
        |args| args.recovery_backup_s3_aws_secret_access_key.is_some(),
        "--recovery-backup-s3-aws-secret-access-key",
    ),
];

/// Refuses the first flag that requests an unsupported feature.
pub(super) fn check(args: &RefusedArgs) -> Result<(), CommandError> {
    if let Some((_, flag)) = SECRETS.iter().find(|(given, _)| given(args)) {
        let refused = CommandError::policy(format!("`{flag}` is refused: it contains a secret"))
            .because("command lines end up in shell histories, process lists and CI logs");
        return Err(SECRET.into_iter().fold(refused, CommandError::hint));
    }
    match UNSUPPORTED.iter().find(|(given, _, _)| given(args)) {
        None => Ok(()),
        Some((_, flag, hint)) => {
            Err(CommandError::usage(format!("`{flag}` is not supported yet")).hint(*hint))
        }
    }
}
