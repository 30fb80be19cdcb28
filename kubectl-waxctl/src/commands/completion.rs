//! `completion`: prints the completion script of a shell, or installs it.

use clap::{Args, Command, Subcommand, ValueEnum};
use clap_complete::Shell;

use crate::error::CommandError;
use crate::local::completion::{ShellName, Written, write};
use crate::ui::{Program, Ui};

/// Print a completion script for a shell, or install it
///
/// This is for `waxctl` called by its own name. kubectl completes the plugin itself if
/// kubectl_complete-waxctl, a link to this program, is on the PATH.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    after_help = "Examples:
  # bash: source <(waxctl completion bash)
  waxctl completion bash

  # fish
  waxctl completion fish

  # for every new shell of the user; without --dry-run the file is written
  waxctl completion install bash --dry-run"
)]
pub(crate) struct CompletionArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL", required = true)]
    pub(crate) shell: Option<KnownShell>,
    /// The verb.
    #[command(subcommand)]
    pub(crate) verb: Option<CompletionVerb>,
}

/// The verbs of completion.
#[derive(Debug, Subcommand)]
pub(crate) enum CompletionVerb {
    Install(InstallCompletionArgs),
}

/// Install the completion script where the shell looks for it
///
/// Writes one file below the home folder, and says which. Running it again updates the file. A file that waxctl did not
/// write is left alone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # which file it would be; without --dry-run it is written
  waxctl completion install bash --dry-run

  # the same for fish
  waxctl completion install fish --dry-run")]
pub(crate) struct InstallCompletionArgs {
    /// The shell [default: that of the variable SHELL]
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: Option<KnownShell>,
    /// Only say which file would be written
    #[arg(long)]
    pub(crate) dry_run: bool,
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

impl From<KnownShell> for ShellName {
    fn from(shell: KnownShell) -> Self {
        match shell {
            KnownShell::Bash => Self::Bash,
            KnownShell::Zsh => Self::Zsh,
            KnownShell::Fish => Self::Fish,
        }
    }
}

/// Prints or installs the script for the tree of verbs.
///
/// # Errors
/// The shell is unknown, or its file cannot be written.
pub(crate) fn run(args: &CompletionArgs, tree: Command, ui: &mut Ui) -> Result<(), CommandError> {
    match (&args.verb, args.shell) {
        (Some(CompletionVerb::Install(args)), _) => install(args, tree, ui),
        (None, Some(shell)) => ui.document(&script(shell.into(), tree)),
        (None, None) => Err(CommandError::usage("pass the shell: bash, zsh or fish")),
    }
}

fn script(shell: ShellName, mut tree: Command) -> String {
    let shell = match shell {
        ShellName::Bash => Shell::Bash,
        ShellName::Zsh => Shell::Zsh,
        ShellName::Fish => Shell::Fish,
    };
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut tree, Program::Alone.name(), &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

fn install(args: &InstallCompletionArgs, tree: Command, ui: &mut Ui) -> Result<(), CommandError> {
    let variable = |name: &str| std::env::var_os(name);
    let shell = args.shell.map(ShellName::from);
    let shell = shell
        .or_else(|| ShellName::of_user(variable))
        .ok_or_else(|| {
            CommandError::usage("cannot tell for which shell to install the completion")
                .because("the variable SHELL names neither bash, zsh nor fish")
                .hint("waxctl completion install bash")
        })?;
    let place = shell.place(variable)?;
    let written = write(&place.file, &script(shell, tree), args.dry_run)?;
    let what = match (written, args.dry_run) {
        (Written::Unchanged, _) => "unchanged",
        (Written::Created, false) => "created",
        (Written::Updated, false) => "updated",
        (Written::Created, true) => "would be created",
        (Written::Updated, true) => "would be updated",
    };
    ui.line(&format!("{} {what}", place.file.display()))?;
    if let Some(once) = place.once.filter(|_| written != Written::Unchanged) {
        ui.hint(&once);
    }
    Ok(())
}
