//! `df wait`: waits until a dataflow is ready.

use clap::Args;

use crate::cli::GlobalArgs;
use crate::error::CommandError;
use crate::ui::Ui;

/// Wait until a dataflow is ready
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Wait for the revision that was just applied
  waxctl df wait hello --timeout 5m")]
pub struct WaitArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Runs the verb.
pub fn run(_args: &WaitArgs, _global: &GlobalArgs, _ui: &mut Ui) -> Result<(), CommandError> {
    Err(CommandError::failure("this build has no `df wait` yet"))
}
