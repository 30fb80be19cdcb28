//! `df suspend`: stops all processes of a flow and keeps everything else.

use std::time::Duration;

use clap::Args;
use gitops::adjustment::Adjustment;

use super::adjust::{self, AdjustArgs};
use crate::args::global::GlobalArgs;
use crate::duration;
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::adjustment;

/// Stop a dataflow and keep its state
///
/// Sets spec.suspend: in the cluster, or with a commit if the flow is managed from git. Volumes, revisions and code are
/// kept. If backups are on, a last backup is made first. With --live only the cluster is changed, for example in an
/// outage; a controller whose git has the field sets it back.
///
/// With --for the dataflow starts again by itself at that time. This sets annotations in the cluster, and git needs no
/// change; with --env, --push or another option for a commit they are committed, and df resume removes them there.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Stop it for two hours
  waxctl df suspend orders --for 2h --reason migration

  # Stop it for two hours, with a commit that others see
  waxctl df suspend orders --for 2h --reason migration --env prod --push

  # Stop it
  waxctl df suspend orders

  # Stop it at once, although it is managed from git
  waxctl df suspend orders --live

  # Commit it and push it
  waxctl df suspend orders --env prod --push")]
pub(crate) struct SuspendArgs {
    /// Start it again by itself after this time, from 1s to 8784h
    #[arg(long = "for", value_name = "DURATION", value_parser = duration::suspension_flag)]
    pub(crate) duration: Option<Duration>,
    /// Reason, which df list and df get show until then
    #[arg(long, value_name = "TEXT", requires = "duration")]
    pub(crate) reason: Option<String>,
    /// The flow and the place of the change.
    #[command(flatten)]
    pub(crate) adjust: AdjustArgs,
}

/// Makes the change.
///
/// # Errors
/// There is no such flow, or the cluster or git refuses.
pub(crate) fn run(
    args: &SuspendArgs,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let adjustment = match args.duration {
        None => Adjustment::Suspend,
        Some(duration) => {
            adjustment::suspension(duration, args.reason.as_deref(), &global.access())?
        }
    };
    adjust::run(&adjustment, &args.adjust, global, ui)
}
