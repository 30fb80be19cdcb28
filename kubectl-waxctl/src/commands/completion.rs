//! `completion`: prints the completion script of a shell.

use clap::{Args, Command, ValueEnum};
use clap_complete::Shell;

use crate::error::CommandError;
use crate::ui::{Program, Ui};

/// Print a completion script for a shell
///
/// This is for `waxctl` called by its own name. kubectl completes the plugin itself if
/// kubectl_complete-waxctl, a link to this program, is on the PATH.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # bash: source <(waxctl completion bash)
  waxctl completion bash

  # fish
  waxctl completion fish")]
pub(crate) struct CompletionArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: KnownShell,
}

/// The supported shells.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum KnownShell {
    /// GNU bash.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
}

/// Prints the script for the tree of verbs.
pub(crate) fn run(
    args: &CompletionArgs,
    mut tree: Command,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let shell = match args.shell {
        KnownShell::Bash => Shell::Bash,
        KnownShell::Zsh => Shell::Zsh,
        KnownShell::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut tree, Program::Alone.name(), &mut script);
    ui.data(&String::from_utf8_lossy(&script))
}
