//! `df delete`: deletes a dataflow.

use clap::Args;

use crate::cli::GlobalArgs;
use crate::error::CommandError;
use crate::ui::Ui;

/// Delete a dataflow
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Delete a flow
  waxctl df delete hello --yes")]
pub struct DeleteArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Runs the verb.
pub fn run(_args: &DeleteArgs, _global: &GlobalArgs, _ui: &mut Ui) -> Result<(), CommandError> {
    Err(CommandError::failure("this build has no `df delete` yet"))
}
