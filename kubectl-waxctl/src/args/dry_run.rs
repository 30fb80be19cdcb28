//! The flag `--dry-run`, with the values of kubectl and those of the original `waxctl`.

use clap::Args;

use crate::dry_run::DryRun;
use crate::error::CommandError;

/// The flag of verbs that change a cluster.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct DryRunArgs {
    /// Change nothing: client only shows the change, server also lets the API server check it; or
    /// none
    #[arg(
        long = "dry-run",
        value_name = "MODE",
        num_args = 0..=1,
        require_equals = true,
        default_value = "none",
        hide_default_value = true,
        default_missing_value = "client",
        value_parser = clap::value_parser!(DryRun)
    )]
    pub(crate) mode: DryRun,
}

/// Returns whether nothing is changed, for work that changes no cluster.
///
/// # Errors
/// A server is asked for.
pub(crate) fn without_server(mode: DryRun, what: &str) -> Result<bool, CommandError> {
    match mode {
        DryRun::None => Ok(false),
        DryRun::Client => Ok(true),
        DryRun::Server => Err(CommandError::usage(format!(
            "`--dry-run=server` does not fit {what}"
        ))
        .because("it changes no cluster, so there is no server that could check the change")
        .hint("pass `--dry-run=client`")),
    }
}
