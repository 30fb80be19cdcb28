//! `df backup`: copies a Dataflow's state to its bucket now.

use std::time::Duration;

use clap::Args;

use super::report;
use crate::args::format::ResultArgs;
use crate::args::global::GlobalArgs;
use crate::duration;
use crate::error::CommandError;
use crate::names;
use crate::ui::Ui;
use crate::work::backups;

/// Copy a dataflow's state to its bucket now
///
/// The dataflow keeps running. Prints the newest restore point, for `waxctl df restore`. The exit code is 3 if the
/// copies are not made in time.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # before a change that is hard to undo
  waxctl df backup orders")]
pub(crate) struct BackupArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: String,
    /// Time limit for the copies, such as 30s or 5m
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration::flag)]
    pub(crate) timeout: Duration,
    /// The flag of the output.
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

/// Asks every process of the Dataflow to copy its partitions, and prints the restore point.
///
/// # Errors
/// The Dataflow has no backups or does not run, a copy cannot be made, or the timeout is over.
pub(crate) fn run(args: &BackupArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let point = backups::back_up(&args.name, args.timeout, &global.access(), ui)?;
    report::backed_up(&args.name, &point, args.result.output, ui)
}
