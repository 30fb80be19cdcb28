//! `df scale`: changes the number of processes or worker threads of a flow.

use clap::Args;
use gitops::adjustment::Adjustment;

use super::adjust::{self, AdjustArgs};
use crate::args::global::GlobalArgs;
use crate::error::CommandError;
use crate::ui::Ui;

/// Change the number of processes or worker threads
///
/// Sets spec.processesCount or spec.workersPerProcess: in the cluster, or with a commit if the flow is managed from
/// git. All processes stop and start once. The state is kept: with fewer processes, their partitions are moved to the
/// remaining volumes first.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Run three processes
  waxctl df scale orders -p 3

  # Run two processes with four worker threads each, through git
  waxctl df scale orders -p 2 -w 4 --env prod --push")]
pub(crate) struct ScaleArgs {
    /// Number of processes, each in its own pod
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..), required_unless_present = "workers")]
    pub(crate) processes: Option<i32>,
    /// Number of worker threads in each process
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) workers: Option<i32>,
    /// The flow and the place of the change.
    #[command(flatten)]
    pub(crate) adjust: AdjustArgs,
}

/// Makes the change.
///
/// # Errors
/// There is no such flow, or the cluster or git refuses.
pub(crate) fn run(args: &ScaleArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let adjustment = Adjustment::Scale {
        processes: args.processes,
        workers: args.workers,
    };
    adjust::run(&adjustment, &args.adjust, global, ui)
}
