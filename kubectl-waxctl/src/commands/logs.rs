//! `df logs`: shows the output of every process.

use clap::Args;

use crate::cli::GlobalArgs;
use crate::error::CommandError;
use crate::ui::Ui;

/// Show the output of every process of a dataflow
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Follow all processes
  waxctl df logs hello -f")]
pub struct LogsArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Runs the verb.
pub fn run(_args: &LogsArgs, _global: &GlobalArgs, _ui: &mut Ui) -> Result<(), CommandError> {
    Err(CommandError::failure("this build has no `df logs` yet"))
}
