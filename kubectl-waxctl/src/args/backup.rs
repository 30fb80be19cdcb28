//! The flags of backups, `spec.recovery.cloudBackup`. Three of them have the names of the original `waxctl`.

use clap::Args;
use gitops::settings::BackupSettings;

/// Flags for the copies of the state in a bucket.
#[derive(Debug, Clone, Default, PartialEq, Args)]
#[command(next_help_heading = "Options for backups of the state")]
pub(crate) struct BackupArgs {
    /// Back the state up to a bucket
    #[arg(
        id = "backup",
        long = "recovery-backup",
        value_name = "BOOL",
        hide_possible_values = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) enabled: Option<bool>,
    /// Bucket, and a folder in it, such as s3://bucket/folder
    #[arg(long = "recovery-backup-s3-url", value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Secret with the keys of the bucket; "" for the pods' own identity [default: ""]
    #[arg(long = "recovery-backup-s3-k8s-secret", value_name = "SECRET")]
    pub(crate) secret: Option<String>,
    /// Server of the bucket, such as https://minio.example:9000 [default: Amazon S3]
    #[arg(long = "recovery-backup-s3-endpoint", value_name = "URL")]
    pub(crate) endpoint: Option<String>,
    /// Region of the bucket [default: us-east-1]
    #[arg(long = "recovery-backup-s3-region", value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// Name the bucket in the path instead of the host name [default: true with an endpoint]
    #[arg(
        long = "recovery-backup-s3-path-style",
        value_name = "BOOL",
        hide_possible_values = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) path_style: Option<bool>,
    /// Seconds between two copies [default: 30]
    #[arg(long = "recovery-backup-copy-interval", value_name = "SECONDS", value_parser = at_least(1))]
    pub(crate) interval: Option<i32>,
    /// Number of the newest restore points to keep [default: 10]
    #[arg(long = "recovery-backup-keep", value_name = "N", value_parser = at_least(1))]
    pub(crate) keep: Option<i32>,
    /// Seconds for which every copy is kept [default: 0]
    #[arg(long = "recovery-backup-keep-seconds", value_name = "SECONDS", value_parser = at_least(0))]
    pub(crate) keep_seconds: Option<i32>,
}

impl BackupArgs {
    /// Takes each value that is missing here from `other`.
    #[must_use]
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            enabled: self.enabled.or(other.enabled),
            url: self.url.or(other.url),
            secret: self.secret.or(other.secret),
            endpoint: self.endpoint.or(other.endpoint),
            region: self.region.or(other.region),
            path_style: self.path_style.or(other.path_style),
            interval: self.interval.or(other.interval),
            keep: self.keep.or(other.keep),
            keep_seconds: self.keep_seconds.or(other.keep_seconds),
        }
    }
}

impl From<BackupArgs> for BackupSettings {
    fn from(args: BackupArgs) -> Self {
        Self {
            enabled: args.enabled,
            url: args.url,
            secret: args.secret,
            endpoint: args.endpoint,
            region: args.region,
            path_style: args.path_style,
            interval: args.interval,
            keep: args.keep,
            keep_seconds: args.keep_seconds,
        }
    }
}

/// Returns the given flags, in long form.
pub(super) fn given(settings: &BackupSettings) -> impl Iterator<Item = (&'static str, bool)> {
    let BackupSettings {
        enabled,
        url,
        secret,
        endpoint,
        region,
        path_style,
        interval,
        keep,
        keep_seconds,
    } = settings;
    [
        ("--recovery-backup", enabled.is_some()),
        ("--recovery-backup-s3-url", url.is_some()),
        ("--recovery-backup-s3-k8s-secret", secret.is_some()),
        ("--recovery-backup-s3-endpoint", endpoint.is_some()),
        ("--recovery-backup-s3-region", region.is_some()),
        ("--recovery-backup-s3-path-style", path_style.is_some()),
        ("--recovery-backup-copy-interval", interval.is_some()),
        ("--recovery-backup-keep", keep.is_some()),
        ("--recovery-backup-keep-seconds", keep_seconds.is_some()),
    ]
    .into_iter()
}

fn at_least(least: i64) -> clap::builder::RangedI64ValueParser<i32> {
    clap::value_parser!(i32).range(least..)
}
