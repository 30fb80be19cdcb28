//! The flags of the original that are refused by name, and what to write instead.

use super::RefusedArgs;
use crate::error::CommandError;

const RECOVERY: &str = "leave it out: state is not kept over restarts yet";
const SECRET: &str = "put the keys into a Secret and name it in the manifest: \
                      spec.recovery.cloudBackup.s3.secretName";

/// Refuses the first flag that asks for something that is not there.
pub(super) fn check(args: &RefusedArgs) -> Result<(), CommandError> {
    if let Some((flag, hint)) = secrets(args)
        .into_iter()
        .find_map(|(given, flag)| given.then_some((flag, SECRET)))
    {
        return Err(
            CommandError::policy(format!("{flag} is refused: it carries a secret value"))
                .because("command lines end up in shell histories, process lists and CI logs")
                .hint(hint),
        );
    }
    match unsupported(args).into_iter().find(|(given, _, _)| *given) {
        None => Ok(()),
        Some((_, flag, hint)) => {
            Err(CommandError::usage(format!("{flag} is not supported yet")).hint(hint))
        }
    }
}

fn secrets(args: &RefusedArgs) -> [(bool, &'static str); 2] {
    [
        (
            args.recovery_backup_s3_aws_access_key_id.is_some(),
            "--recovery-backup-s3-aws-access-key-id",
        ),
        (
            args.recovery_backup_s3_aws_secret_access_key.is_some(),
            "--recovery-backup-s3-aws-secret-access-key",
        ),
    ]
}

/// Whether a flag asks for something that is not built, its name, and what to do instead. A flag
/// that switches such a thing off asks for nothing.
fn unsupported(args: &RefusedArgs) -> [(bool, &'static str, &'static str); 14] {
    let RefusedArgs {
        requirements_file_name,
        job_mode,
        schedule,
        concurrency_policy,
        recovery,
        recovery_parts,
        recovery_snapshot_interval,
        recovery_backup_interval,
        recovery_single_volume,
        recovery_size,
        recovery_storageclass,
        recovery_backup,
        recovery_backup_s3_url,
        recovery_backup_s3_k8s_secret,
        recovery_backup_s3_aws_access_key_id: _,
        recovery_backup_s3_aws_secret_access_key: _,
    } = args;
    let on = |flag: &Option<bool>| *flag == Some(true);
    [
        (
            requirements_file_name.is_some(),
            "--requirements-file-name",
            "build an image that holds the packages and name it with `--image-repository` and \
             `--image-tag`",
        ),
        (
            on(job_mode),
            "--job-mode",
            "leave it out: the flow runs as a stream until its input ends",
        ),
        (
            schedule.is_some(),
            "--schedule",
            "leave it out: the flow runs as a stream",
        ),
        (
            concurrency_policy.is_some(),
            "--concurrency-policy",
            "leave it out: it only matters with --schedule",
        ),
        (on(recovery), "--recovery", RECOVERY),
        (recovery_parts.is_some(), "--recovery-parts", RECOVERY),
        (
            recovery_snapshot_interval.is_some(),
            "--recovery-snapshot-interval",
            RECOVERY,
        ),
        (
            recovery_backup_interval.is_some(),
            "--recovery-backup-interval",
            RECOVERY,
        ),
        (
            on(recovery_single_volume),
            "--recovery-single-volume",
            RECOVERY,
        ),
        (recovery_size.is_some(), "--recovery-size", RECOVERY),
        (
            recovery_storageclass.is_some(),
            "--recovery-storageclass",
            RECOVERY,
        ),
        (on(recovery_backup), "--recovery-backup", RECOVERY),
        (
            recovery_backup_s3_url.is_some(),
            "--recovery-backup-s3-url",
            RECOVERY,
        ),
        (
            recovery_backup_s3_k8s_secret.is_some(),
            "--recovery-backup-s3-k8s-secret",
            RECOVERY,
        ),
    ]
}
