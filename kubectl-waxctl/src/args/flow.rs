//! The flags of a flow, with the names that the original `waxctl dataflow deploy` uses.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use dataflow::spec::PullPolicy;
use gitops::settings::RecoverySettings;

use super::backup::BackupArgs;
use super::format::OutputFormat;
use crate::dry_run::DryRun;

/// Flags that describe one dataflow; `render`, `diff`, `commit` and `deploy` all take them.
///
/// No flag has a default here: a flag that is not given stays `None`. So a flow that already exists changes only
/// where the user asks for it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options of the dataflow")]
pub(crate) struct FlowArgs {
    /// Name of the dataflow [required, unless SOURCE has a dataflow.yaml]
    #[arg(short = 'N', long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Number of processes, each in its own pod [default: 1]
    #[arg(short, long, value_name = "N", value_parser = count())]
    pub(crate) processes: Option<i32>,
    /// Number of worker threads in each process [default: 1]
    #[arg(short, long, value_name = "N", value_parser = count())]
    pub(crate) workers: Option<i32>,
    /// Python file with the flow, such as pkg/mod.py or flow.py:get_flow(5) [default: the only one
    /// in SOURCE that holds a flow]
    #[arg(short = 'f', long, value_name = "FILE")]
    pub(crate) python_file_name: Option<String>,
    /// The image has the code: no SOURCE, no ConfigMap; -f names a module of the image, such as
    /// shop.orders:flow
    #[arg(long, value_name = "BOOL", hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) code_in_image: Option<bool>,
    /// Environment variables; can be repeated and takes a list A=1,B=2, where a comma splits only
    /// if NAME= follows
    #[arg(short = 'e', long, value_name = "NAME=VALUE")]
    pub(crate) environment_variables: Vec<String>,
    /// Repository of the image [default: bytewax/bytewax]
    #[arg(short = 'i', long, value_name = "IMAGE")]
    pub(crate) image_repository: Option<String>,
    /// Tag of the image [default: 0.21.1-python3.11]
    #[arg(short = 't', long, value_name = "TAG")]
    pub(crate) image_tag: Option<String>,
    /// Image pull policy [default: IfNotPresent]
    #[arg(short = 'l', long, value_name = "POLICY", value_enum)]
    pub(crate) image_pull_policy: Option<PullPolicyFlag>,
    /// Secret with the registry's credentials; "" for none [default: ""]
    #[arg(short = 's', long, value_name = "SECRET")]
    pub(crate) image_pull_secret: Option<String>,
    /// Keep the pods after the input has ended
    #[arg(long, value_name = "BOOL", hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) keep_alive: Option<bool>,
    /// YAML file with values of the Bytewax Helm chart
    #[arg(short = 'V', long, value_name = "FILE")]
    pub(crate) chart_values_file: Option<PathBuf>,
    /// File with values for these flags: JSON, YAML, TOML or NAME=VALUE lines (.env)
    #[arg(short = 'v', long, value_name = "FILE")]
    pub(crate) values: Option<PathBuf>,
    /// Output format
    #[arg(
        short = 'o',
        long,
        visible_alias = "output",
        value_name = "FORMAT",
        value_enum
    )]
    pub(crate) output_format: Option<OutputFormat>,
    /// Only show what would be changed: client (or true), server (deploy only), or none (or false)
    #[arg(long, value_name = "MODE", num_args = 0..=1, require_equals = true, default_missing_value = "client", value_parser = clap::value_parser!(DryRun))]
    pub(crate) dry_run: Option<DryRun>,
    /// Change an existing dataflow, which restarts it
    #[arg(long, value_name = "BOOL", hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) yes: Option<bool>,
    /// Create the namespace if it is missing [default: true]
    #[arg(long, value_name = "BOOL", hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) create_namespace: Option<bool>,
    /// Accepted and ignored: the operator runs every dataflow
    #[arg(long, hide = true, value_name = "BOOL", hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) platform: Option<bool>,
    /// Flags for the flow's state.
    #[command(flatten)]
    pub(crate) recovery: RecoveryArgs,
    /// Flags that are refused.
    #[command(flatten)]
    pub(crate) refused: RefusedArgs,
}

/// Flags for the dataflow's state and its volumes.
#[derive(Debug, Clone, Default, PartialEq, Args)]
pub(crate) struct RecoveryArgs {
    /// Keep the state on volumes
    #[arg(long = "recovery", value_name = "BOOL", hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) enabled: Option<bool>,
    /// Number of recovery partitions [default: 1]
    #[arg(long = "recovery-parts", value_name = "N", value_parser = count())]
    pub(crate) parts: Option<i32>,
    /// Seconds between snapshots [default: 1]
    #[arg(long = "recovery-snapshot-interval", value_name = "SECONDS", value_parser = count())]
    pub(crate) snapshot_interval: Option<i32>,
    /// Seconds that old snapshots are kept for [default: 1]
    #[arg(long = "recovery-backup-interval", value_name = "SECONDS", value_parser = clap::value_parser!(i32).range(0..))]
    pub(crate) backup_interval: Option<i32>,
    /// Keep all recovery partitions on one volume
    #[arg(long = "recovery-single-volume", value_name = "BOOL", hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) single_volume: Option<bool>,
    /// Size of each recovery volume [default: 10Gi]
    #[arg(long = "recovery-size", value_name = "SIZE")]
    pub(crate) size: Option<String>,
    /// Storage class of the recovery volumes [default: the cluster's own]
    #[arg(long = "recovery-storageclass", value_name = "CLASS")]
    pub(crate) storage_class: Option<String>,
    /// Flags for backups.
    #[command(flatten)]
    pub(crate) backup: BackupArgs,
}

impl RecoveryArgs {
    /// Takes each value that is missing here from `other`.
    #[must_use]
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            enabled: self.enabled.or(other.enabled),
            parts: self.parts.or(other.parts),
            snapshot_interval: self.snapshot_interval.or(other.snapshot_interval),
            backup_interval: self.backup_interval.or(other.backup_interval),
            single_volume: self.single_volume.or(other.single_volume),
            size: self.size.or(other.size),
            storage_class: self.storage_class.or(other.storage_class),
            backup: self.backup.or(other.backup),
        }
    }
}

/// Flags of the original `waxctl` that are parsed and then refused by name.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Options that are not supported yet")]
pub(crate) struct RefusedArgs {
    /// Python packages to install before the start
    #[arg(short = 'r', long, hide_short_help = true, value_name = "FILE")]
    pub(crate) requirements_file_name: Option<String>,
    /// Run as a Job that ends with its input
    #[arg(long, hide_short_help = true, value_name = "BOOL", hide_possible_values = true, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub(crate) job_mode: Option<bool>,
    /// Run on a cron schedule
    #[arg(long, hide_short_help = true, value_name = "CRON")]
    pub(crate) schedule: Option<String>,
    /// Policy for a scheduled run that is due while the last one still runs
    #[arg(long, hide_short_help = true, value_name = "POLICY")]
    pub(crate) concurrency_policy: Option<String>,
    /// Refused: a credential on the command line
    #[arg(long, hide = true, value_name = "ID")]
    pub(crate) recovery_backup_s3_aws_access_key_id: Option<String>,
    /// Refused: a credential on the command line
    #[arg(long, hide = true, value_name = "KEY")]
    pub(crate) recovery_backup_s3_aws_secret_access_key: Option<String>,
}

/// The image pull policies of Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
pub(crate) enum PullPolicyFlag {
    /// At every start.
    Always,
    /// If the node does not have it.
    IfNotPresent,
    /// Never.
    Never,
}

impl From<RecoveryArgs> for RecoverySettings {
    fn from(args: RecoveryArgs) -> Self {
        let RecoveryArgs {
            enabled,
            parts,
            snapshot_interval,
            backup_interval,
            single_volume,
            size,
            storage_class,
            backup,
        } = args;
        Self {
            enabled,
            parts,
            snapshot_interval,
            backup_interval,
            single_volume,
            size,
            storage_class,
            backup: backup.into(),
        }
    }
}

impl From<PullPolicyFlag> for PullPolicy {
    fn from(flag: PullPolicyFlag) -> Self {
        match flag {
            PullPolicyFlag::Always => Self::Always,
            PullPolicyFlag::IfNotPresent => Self::IfNotPresent,
            PullPolicyFlag::Never => Self::Never,
        }
    }
}

fn count() -> clap::builder::RangedI64ValueParser<i32> {
    clap::value_parser!(i32).range(1..)
}
