//! The command line as a tree of verbs: shapes only.

pub mod complete;
mod globals;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::{Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::commands::{
    backup, backups, commit, completion, delete, deploy, diff, get, install, list, logs, options,
    render, reset_state, restore, rollback, run, version, wait,
};
use crate::error::{CommandError, Kind};
pub use globals::{ColorWhen, GlobalArgs};

/// The verbs that the original `waxctl` has too: on these its short flags win, so that kubectl's
/// `-s` and `-v` exist in long form only.
pub const ORIGINAL_FLAGS: [&str; 4] = ["render", "diff", "commit", "deploy"];

/// Columns beyond which lines of help are hard to read.
const WIDEST_HELP: usize = 100;

/// Take a Bytewax dataflow from a Python file through git to a cluster.
#[derive(Debug, Parser)]
#[command(
    name = "waxctl",
    disable_version_flag = true,
    arg_required_else_help = true,
    subcommand_required = true,
    after_help = "Examples:
  # See the YAML that a Python file becomes
  waxctl df render hello.py --name hello

  # Put a dataflow into the git repository that you are in, and push it
  waxctl df commit hello.py --name hello --env prod --push

  # See what runs
  waxctl df list

Use \"waxctl options\" for the options that every verb takes."
)]
pub struct Cli {
    /// The options that every verb takes.
    #[command(flatten)]
    pub global: GlobalArgs,
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
}

/// The verbs of the first level.
#[derive(Debug, Subcommand)]
#[expect(
    missing_docs,
    reason = "the help of a verb is the documentation of its arguments"
)]
pub enum Verb {
    #[command(visible_aliases = ["df", "k8s"])]
    Dataflow(Box<DataflowArgs>),
    Run(run::RunArgs),
    Install(install::InstallArgs),
    Completion(completion::CompletionArgs),
    Options(options::OptionsArgs),
    Version(version::VersionArgs),
}

/// Render, compare, commit, deploy and watch dataflows
#[derive(Debug, clap::Args)]
#[command(
    arg_required_else_help = true,
    after_help = "Examples:
  # See the YAML that a Python file becomes
  waxctl df render hello.py --name hello

  # See what a change would do to the flow in git
  waxctl df diff hello.py --name hello --env prod"
)]
pub struct DataflowArgs {
    /// What to do with dataflows.
    #[command(subcommand)]
    pub verb: DataflowVerb,
}

/// The verbs that deal with dataflows.
#[derive(Debug, Subcommand)]
#[expect(
    missing_docs,
    reason = "the help of a verb is the documentation of its arguments"
)]
pub enum DataflowVerb {
    Render(render::RenderArgs),
    Diff(diff::DiffArgs),
    Commit(commit::CommitArgs),
    Deploy(deploy::DeployArgs),
    #[command(visible_alias = "ls")]
    List(list::ListArgs),
    Get(get::GetArgs),
    #[command(visible_alias = "rm")]
    Delete(delete::DeleteArgs),
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
    /// Reads the arguments, without the program's own name. Help is wrapped at `width` columns.
    pub fn parse(program: Program, args: Vec<OsString>, width: usize) -> Result<Self, clap::Error> {
        let mut command = command(program).term_width(width.min(WIDEST_HELP));
        Self::from_arg_matches(&command.try_get_matches_from_mut(args)?)
            .map_err(|error| error.format(&mut command))
    }

    /// The exit code of an error. `diff` keeps 1 for "there are differences".
    pub fn exit_code(&self, error: &CommandError) -> u8 {
        let diff = match &self.verb {
            Verb::Dataflow(args) => matches!(args.verb, DataflowVerb::Diff(_)),
            _ => false,
        };
        if diff && error.kind == Kind::Failure {
            2
        } else {
            error.kind.exit_code()
        }
    }
}

/// The tree of verbs, with kubectl's short flags on the verbs where kubectl's meanings win.
pub fn command(program: Program) -> Command {
    let command = Cli::command().no_binary_name(true).bin_name(program.name());
    let shorts: Vec<_> = command
        .get_arguments()
        .filter_map(|arg| Some(arg.clone().short(globals::kubectl_short(arg.get_id())?)))
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

/// What the program was called as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `kubectl waxctl`.
    Plugin,
    /// `waxctl`.
    Alone,
    /// kubectl asks for completions of `kubectl waxctl`.
    Completer,
}

impl Program {
    /// Tells by the name of the executable.
    pub fn from_argv0(argv0: Option<&OsStr>) -> Self {
        let name = argv0.map(Path::new).and_then(Path::file_stem);
        match name.and_then(OsStr::to_str) {
            Some("kubectl-waxctl") => Self::Plugin,
            Some("kubectl_complete-waxctl") => Self::Completer,
            _ => Self::Alone,
        }
    }

    /// What people type to call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Plugin | Self::Completer => "kubectl waxctl",
            Self::Alone => "waxctl",
        }
    }

    /// Rewrites the commands in a help text or hint, which are written as `waxctl ...`.
    pub fn rename(self, text: &str) -> String {
        if self == Self::Alone {
            return text.to_owned();
        }
        let mut renamed = String::with_capacity(text.len() + 64);
        for line in text.split_inclusive('\n') {
            let start = line.len() - line.trim_start().len();
            if line[start..].starts_with("waxctl ") {
                renamed.push_str(&line[..start]);
                renamed.push_str("kubectl ");
                renamed.push_str(&line[start..]);
            } else {
                renamed.push_str(
                    &line
                        .replace("`waxctl ", "`kubectl waxctl ")
                        .replace("\"waxctl ", "\"kubectl waxctl "),
                );
            }
        }
        renamed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_consistent() {
        command(Program::Alone).debug_assert();
    }

    #[test]
    fn the_name_of_the_executable_decides_what_usage_shows() {
        let program = |name: &str| Program::from_argv0(Some(OsStr::new(name)));
        assert_eq!(program("/usr/bin/kubectl-waxctl"), Program::Plugin);
        assert_eq!(program("waxctl"), Program::Alone);
        assert_eq!(program("kubectl_complete-waxctl"), Program::Completer);
        assert_eq!(Program::from_argv0(None), Program::Alone);
    }

    #[test]
    fn commands_in_texts_follow_the_name() {
        let text = "run `waxctl df list`\n  waxctl df list\n";
        assert_eq!(Program::Alone.rename(text), text);
        assert_eq!(
            Program::Plugin.rename(text),
            "run `kubectl waxctl df list`\n  kubectl waxctl df list\n"
        );
    }

    #[test]
    fn kubectls_options_are_read_before_and_after_the_verb() {
        for args in [
            ["--context", "c", "df", "list"],
            ["df", "list", "--context", "c"],
        ] {
            let cli = Cli::parse(Program::Alone, args.map(OsString::from).to_vec(), 80).unwrap();
            assert_eq!(cli.global.context.as_deref(), Some("c"));
        }
    }

    #[test]
    fn short_flags_mean_what_kubectl_means_except_on_the_original_verbs() {
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
