//! `df restart`: stops and starts all processes of a flow once.

use clap::Args;
use gitops::adjustment::Adjustment;
use jiff::Timestamp;

use super::adjust::{self, AdjustArgs};
use crate::args::global::GlobalArgs;
use crate::error::CommandError;
use crate::ui::Ui;

/// Stop and start all processes once
///
/// Sets the annotation bytewax.io/restarted-at in the cluster, also if the flow is managed from git: a restart is no
/// state that git describes, and controllers keep annotations that they do not own. With --env or --repo it is
/// committed. The state is kept. A flow whose input has ended runs once more.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Restart it
  waxctl df restart orders")]
pub(crate) struct RestartArgs {
    /// The flow and the place of the change.
    #[command(flatten)]
    pub(crate) adjust: AdjustArgs,
}

/// Makes the change.
///
/// # Errors
/// There is no such flow, or the cluster or git refuses.
pub(crate) fn run(
    args: &RestartArgs,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    adjust::run(
        &Adjustment::Restart(Timestamp::now().to_string()),
        &args.adjust,
        global,
        ui,
    )
}
