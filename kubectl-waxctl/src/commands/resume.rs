//! `df resume`: ends the suspension of a flow.

use clap::Args;
use gitops::adjustment::Adjustment;

use super::adjust::{self, AdjustArgs};
use crate::args::global::GlobalArgs;
use crate::error::CommandError;
use crate::ui::Ui;

/// Start a suspended dataflow where it stopped
///
/// Removes spec.suspend, or ends what df suspend --for has begun: in the cluster, or with a commit if git has it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Start it again
  waxctl df resume orders

  # Wait until it runs
  waxctl df wait orders")]
pub(crate) struct ResumeArgs {
    /// The flow and the place of the change.
    #[command(flatten)]
    pub(crate) adjust: AdjustArgs,
}

/// Makes the change.
///
/// # Errors
/// There is no such flow, or the cluster or git refuses.
pub(crate) fn run(args: &ResumeArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    adjust::run(&Adjustment::Resume, &args.adjust, global, ui)
}
