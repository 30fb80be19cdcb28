//! `df deploy`: puts a dataflow straight into the cluster.

use clap::Args;

use crate::cli::GlobalArgs;
use crate::error::CommandError;
use crate::settings::FlowArgs;
use crate::ui::Ui;
use std::path::PathBuf;

/// Deploy a dataflow straight to the cluster
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Deploy a flow without git
  waxctl df deploy hello.py --name hello")]
pub struct DeployArgs {
    /// A Python file, a .tar, or a folder
    #[arg(value_name = "SOURCE")]
    pub source: PathBuf,
    /// The flags of a flow.
    #[command(flatten)]
    pub flow: FlowArgs,
}

/// Runs the verb.
pub fn run(_args: &DeployArgs, _global: &GlobalArgs, _ui: &mut Ui) -> Result<(), CommandError> {
    Err(CommandError::failure("this build has no `df deploy` yet"))
}
