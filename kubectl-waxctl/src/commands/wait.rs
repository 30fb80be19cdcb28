//! `df wait`: waits until a Dataflow runs as its spec says, or cannot.

use std::time::Duration;

use clap::Args;
use gitops::object::dataflow_name;

use crate::args::global::GlobalArgs;
use crate::duration;
use crate::error::CommandError;
use crate::names;
use crate::ui::Ui;
use crate::work::wait::{Settled, settled};

/// Wait until a dataflow runs as its spec says
///
/// Waits until the operator has seen the newest spec and code and all processes are connected to each other. A dataflow
/// that is suspended on purpose, or whose input has ended, counts as done. If the dataflow cannot become ready by
/// itself, it fails at once with the operator's reason. The exit code is 3 if the time limit is over. As with kubectl
/// wait, --timeout 0 checks once and does not wait, and a negative time is a week.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # wait for the change that was just applied
  waxctl df wait orders

  # but not longer than a minute
  waxctl df wait orders --timeout 60s

  # is it ready now?
  waxctl df wait orders --timeout 0")]
pub(crate) struct WaitArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: String,
    /// Time limit, such as 30s or 5m
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration::wait_flag, allow_hyphen_values = true)]
    pub(crate) timeout: Duration,
}

/// Waits for the Dataflow.
///
/// # Errors
/// The Dataflow does not exist, cannot become ready, was deleted, or the timeout is over.
pub(crate) fn run(args: &WaitArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let name = &args.name;
    let Settled { state, message } = settled(name, args.timeout, &global.access(), ui)?;
    ui.progress_done();
    ui.say(&message);
    ui.line(&format!("{} {state}", dataflow_name(name)))
}
