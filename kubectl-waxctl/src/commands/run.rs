//! `run`: a flow on this machine, the way it runs in a pod.

use std::path::PathBuf;

use clap::Args;

use crate::cli::GlobalArgs;
use crate::error::CommandError;
use crate::ui::Ui;

/// Run a dataflow on this machine, the way it runs in a pod
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Two processes with one worker each
  waxctl run hello.py -p 2")]
pub struct RunArgs {
    /// A Python file, a .tar, or a folder
    #[arg(value_name = "SOURCE")]
    pub source: PathBuf,
}

/// Runs the verb.
pub fn run(_args: &RunArgs, _global: &GlobalArgs, _ui: &mut Ui) -> Result<(), CommandError> {
    Err(CommandError::failure("this build has no `run` yet"))
}
