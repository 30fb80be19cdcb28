//! `df diff`: what a source would change.

use std::path::PathBuf;

use clap::Args;

use crate::cli::GlobalArgs;
use crate::error::CommandError;
use crate::settings::FlowArgs;
use crate::ui::Ui;

/// Show what sources would change in git or in the cluster
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Against the flow in git
  waxctl df diff hello.py --name hello --env prod")]
pub struct DiffArgs {
    /// A Python file, a .tar, or a folder
    #[arg(required = true, value_name = "SOURCE")]
    pub source: Vec<PathBuf>,
    /// The flags of a flow.
    #[command(flatten)]
    pub flow: FlowArgs,
}

/// Runs the verb.
pub fn run(_args: &DiffArgs, _global: &GlobalArgs, _ui: &mut Ui) -> Result<(), CommandError> {
    Err(CommandError::failure("this build has no `df diff` yet"))
}
