//! `options`: lists the options that every verb takes; the help of the verbs omits them.

use clap::{Args, Command};

use crate::error::CommandError;
use crate::ui::Ui;

/// List the options that every verb takes
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Options such as --context and --kubeconfig
  waxctl options")]
pub(crate) struct OptionsArgs {}

/// Prints the global options of the tree of verbs.
pub(crate) fn run(tree: &Command, ui: &mut Ui) -> Result<(), CommandError> {
    let shown = tree
        .get_arguments()
        .filter(|arg| arg.is_global_set())
        .map(|arg| arg.clone().hide(false))
        .collect::<Vec<_>>();
    let help = Command::new("options")
        .disable_help_flag(true)
        .term_width(ui.width())
        .help_template("The following options can be passed to any command:\n\n{options}")
        .args(shown)
        .render_help();
    ui.data(&help.to_string())
}
