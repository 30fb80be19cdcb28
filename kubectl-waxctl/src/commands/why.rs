//! `df why`: explains the state of one Dataflow, from git to a container.

use clap::Args;

use crate::args::global::GlobalArgs;
use crate::error::CommandError;
use crate::names;
use crate::ui::Ui;
use crate::work::cause;

/// Explain the state of a dataflow, from git to a container
///
/// Shows on one screen what git's controller has applied, whether the operator has processed it, the conditions, the
/// pod that explains most with the end of its log and its exception, and the commands to type next.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Why does it not run?
  waxctl df why orders")]
pub(crate) struct WhyArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: String,
}

/// Prints the explanation.
///
/// # Errors
/// There is no such Dataflow, this release cannot read it, or the cluster does not respond.
pub(crate) fn run(args: &WhyArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let text = cause::text(&args.name, &global.access())?;
    ui.data(&ui.with_program(&text))
}
