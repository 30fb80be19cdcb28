//! `df list`: lists dataflows.

use clap::Args;

use crate::cli::GlobalArgs;
use crate::error::CommandError;
use crate::ui::Ui;

/// List dataflows
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Every dataflow of every namespace
  waxctl df list -A")]
pub struct ListArgs {}

/// Runs the verb.
pub fn run(_args: &ListArgs, _global: &GlobalArgs, _ui: &mut Ui) -> Result<(), CommandError> {
    Err(CommandError::failure("this build has no `df list` yet"))
}
