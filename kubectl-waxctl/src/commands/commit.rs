//! `df commit`: puts dataflows into git.

use clap::Args;

use crate::cli::GlobalArgs;
use crate::error::CommandError;
use crate::settings::FlowArgs;
use crate::ui::Ui;
use std::path::PathBuf;

/// Commit dataflows to a git repository
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Commit a flow to apps/prod/hello/ and push it
  waxctl df commit hello.py --name hello --env prod --push")]
pub struct CommitArgs {
    /// A Python file, a .tar, or a folder
    #[arg(required = true, value_name = "SOURCE")]
    pub source: Vec<PathBuf>,
    /// The flags of a flow.
    #[command(flatten)]
    pub flow: FlowArgs,
}

/// Runs the verb.
pub fn run(_args: &CommitArgs, _global: &GlobalArgs, _ui: &mut Ui) -> Result<(), CommandError> {
    Err(CommandError::failure("this build has no `df commit` yet"))
}
