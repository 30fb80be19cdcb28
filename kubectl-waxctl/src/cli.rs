//! The command line as a tree of verbs: only types and parsing. `dispatch` runs the verbs.

pub(crate) mod complete;
pub(crate) mod dispatch;
mod narrow;
mod tip;

use std::ffi::OsString;

use clap::{Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::args::global::{self, GlobalArgs};
use crate::commands::{
    backup, backups, commit, completion, delete, deploy, diff, events, get, graph, import, install,
    list, logs, options, render, reset_state, restart, restore, resume, rollback, run, scale,
    support, suspend, uninstall, validate, version, wait, why,
};
use crate::error::{CommandError, Kind};
use crate::ui::Program;

/// Verbs that the original `waxctl` also has. On these its short flags win, so kubectl's `-s` and `-v` exist in long
/// form only.
const ORIGINAL_FLAGS: [&str; 4] = ["render", "diff", "commit", "deploy"];

/// The maximum width of help, in columns; longer lines are hard to read.
const WIDEST_HELP: usize = 100;

/// Take a Bytewax dataflow from a Python file through git to a cluster.
#[derive(Debug, Parser)]
#[command(
    name = "waxctl",
    disable_version_flag = true,
    arg_required_else_help = true,
    subcommand_required = true,
    after_help = "Examples:
  # Show the YAML for a Python file
  waxctl df render hello.py --name hello

  # Commit a dataflow to the current git repository, and push it
  waxctl df commit hello.py --name hello --env prod --push

  # List the dataflows
  waxctl df list

Use \"waxctl options\" for the options that every verb takes."
)]
pub struct Cli {
    /// Options that every verb takes.
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    /// The verb.
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// The verbs of the first level.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    #[command(visible_aliases = ["df", "k8s"])]
    Dataflow(Box<DataflowArgs>),
    Run(run::RunArgs),
    Install(install::InstallArgs),
    Uninstall(uninstall::UninstallArgs),
    Support(support::SupportArgs),
    Completion(completion::CompletionArgs),
    Options(options::OptionsArgs),
    Version(version::VersionArgs),
}

/// Render, compare, commit, deploy and watch dataflows
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "Examples:
  # Show the YAML for a Python file
  waxctl df render hello.py --name hello

  # Show what a change would do to the flow in git
  waxctl df diff hello.py --name hello --env prod"
)]
pub(crate) struct DataflowArgs {
    /// The verb for dataflows.
    #[command(subcommand)]
    pub(crate) verb: DataflowVerb,
}

/// The verbs for dataflows.
#[derive(Debug, Subcommand)]
pub(crate) enum DataflowVerb {
    Render(render::RenderArgs),
    Diff(diff::DiffArgs),
    Validate(validate::ValidateArgs),
    Commit(commit::CommitArgs),
    Deploy(deploy::DeployArgs),
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    Get(get::GetArgs),
    Events(events::EventsArgs),
    Why(why::WhyArgs),
    Graph(graph::GraphArgs),
    Import(import::ImportArgs),
    #[command(visible_alias = "rm")]
    Delete(delete::DeleteArgs),
    Suspend(suspend::SuspendArgs),
    Resume(resume::ResumeArgs),
    Restart(restart::RestartArgs),
    Scale(scale::ScaleArgs),
    #[command(name = "reset-state")]
    ResetState(reset_state::ResetStateArgs),
    Restore(restore::RestoreArgs),
    Rollback(rollback::RollbackArgs),
    Logs(logs::LogsArgs),
    Wait(wait::WaitArgs),
    Backup(backup::BackupArgs),
    Backups(backups::BackupsArgs),
}

impl Cli {
    /// Parses the arguments, without the program's own name. Help is wrapped at `width` columns.
    pub fn parse(program: Program, args: Vec<OsString>, width: usize) -> Result<Self, clap::Error> {
        let mut cli = match Self::parse_narrow(program, &args) {
            Some(cli) => cli,
            None => Self::parse_whole(program, args, width)?,
        };
        cli.global = cli.global.without_empty();
        Ok(cli)
    }

    /// Parses with the verb's part of the tree; `None` if that part does not parse it.
    fn parse_narrow(program: Program, args: &[OsString]) -> Option<Self> {
        let mut command = prepared(narrow::tree(args)?, program);
        let matches = command.try_get_matches_from_mut(args).ok()?;
        Self::from_arg_matches(&matches).ok()
    }

    fn parse_whole(
        program: Program,
        args: Vec<OsString>,
        width: usize,
    ) -> Result<Self, clap::Error> {
        let mut command = command(program).term_width(width.min(WIDEST_HELP));
        let words = args.clone();
        let matches = command
            .try_get_matches_from_mut(args)
            .map_err(|error| tip::without_hidden(error, &command, &words))?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
    }

    /// Returns the exit code of an error. `diff` reserves 1 for "there are differences".
    pub(crate) fn exit_code(&self, error: &CommandError) -> u8 {
        let diff = match &self.verb {
            Verb::Dataflow(args) => matches!(args.verb, DataflowVerb::Diff(_)),
            _ => false,
        };
        if diff && matches!(error.kind, Kind::Failure | Kind::NotFound) {
            2
        } else {
            error.kind.exit_code()
        }
    }
}

/// Returns the tree of verbs, with kubectl's short flags on the verbs that the original `waxctl` does not have.
pub fn command(program: Program) -> Command {
    prepared(Cli::command(), program)
}

fn prepared(tree: Command, program: Program) -> Command {
    let command = tree.no_binary_name(true).bin_name(program.name());
    let shorts: Vec<_> = command
        .get_arguments()
        .filter_map(|arg| Some(arg.clone().short(global::kubectl_short(arg.get_id())?)))
        .collect();
    with_shorts(command, &shorts)
}

fn with_shorts(command: Command, shorts: &[clap::Arg]) -> Command {
    command.mut_subcommands(|verb| {
        if ORIGINAL_FLAGS.contains(&verb.get_name()) {
            verb
        } else if verb.has_subcommands() {
            with_shorts(verb, shorts)
        } else {
            verb.args(shorts)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_tree_is_valid() {
        command(Program::Alone).debug_assert();
    }

    #[test]
    fn kubectl_options_parse_before_and_after_verb() {
        for args in [
            ["--context", "c", "df", "list"],
            ["df", "list", "--context", "c"],
        ] {
            let cli = Cli::parse(Program::Alone, args.map(OsString::from).to_vec(), 80).unwrap();
            assert_eq!(cli.global.context.as_deref(), Some("c"));
        }
    }

    #[test]
    fn original_verbs_keep_their_short_flags() {
        let parse = |args: &[&str]| {
            Cli::parse(
                Program::Alone,
                args.iter().map(OsString::from).collect(),
                80,
            )
            .unwrap()
        };
        assert_eq!(
            parse(&["df", "list", "-s", "https://x"])
                .global
                .server
                .as_deref(),
            Some("https://x")
        );
        let cli = parse(&["df", "render", "-s", "pull", "a.py"]);
        assert_eq!(cli.global.server, None);
        let Verb::Dataflow(args) = cli.verb else {
            panic!("not dataflow");
        };
        let DataflowVerb::Render(args) = args.verb else {
            panic!("not render");
        };
        assert_eq!(args.flow.image_pull_secret.as_deref(), Some("pull"));
    }
}
