//! `install`: puts the CRD and the operator into the cluster.

use clap::Args;

use crate::cli::GlobalArgs;
use crate::error::CommandError;
use crate::ui::Ui;

/// Install the CRD and the operator into the cluster
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Print the manifests instead of applying them
  waxctl install --export")]
pub struct InstallArgs {}

/// Runs the verb.
pub fn run(_args: &InstallArgs, _global: &GlobalArgs, _ui: &mut Ui) -> Result<(), CommandError> {
    Err(CommandError::failure("this build has no `install` yet"))
}
