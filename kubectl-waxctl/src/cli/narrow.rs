//! Builds the part of the tree of verbs that a command line uses.
//!
//! The whole tree has about a thousand options, and building it takes most of the time of a short command. A part is
//! enough to parse a command line without an error. Help and errors come from the whole tree, because they name other
//! verbs.

use std::ffi::OsString;

use clap::{Args as _, Command};

use crate::args::global::GlobalArgs;
use crate::commands::{
    backup, backups, commit, completion, delete, deploy, diff, events, get, graph, import, install,
    list, logs, options, render, reset_state, restart, restore, resume, rollback, run, scale,
    support, suspend, uninstall, validate, version, wait, why,
};

/// Adds the options and arguments of a verb to its command.
type Augment = fn(Command) -> Command;

/// Returns the tree that holds only the verb at the beginning of the command line, or `None` if another word is there.
pub(super) fn tree(words: &[OsString]) -> Option<Command> {
    let mut words = words.iter().map(|word| word.to_str());
    let first = words.next()??;
    let verb = if matches!(first, "dataflow" | "df" | "k8s") {
        let (name, augment) = dataflow_verb(words.next()??)?;
        // The word is the name of this verb, or its alias.
        let verb = augment(Command::new(name)).aliases(["ls", "rm"]);
        Command::new("dataflow")
            .aliases(["df", "k8s"])
            .subcommand(verb)
    } else {
        let (name, augment) = verb(first)?;
        augment(Command::new(name))
    };
    Some(GlobalArgs::augment_args(Command::new("waxctl")).subcommand(verb))
}

/// Returns the name and the options of a verb of the first level that is not `dataflow`.
fn verb(word: &str) -> Option<(&'static str, Augment)> {
    Some(match word {
        "run" => ("run", run::RunArgs::augment_args),
        "install" => ("install", install::InstallArgs::augment_args),
        "uninstall" => ("uninstall", uninstall::UninstallArgs::augment_args),
        "completion" => ("completion", completion::CompletionArgs::augment_args),
        "support" => ("support", support::SupportArgs::augment_args),
        "options" => ("options", options::OptionsArgs::augment_args),
        "version" => ("version", version::VersionArgs::augment_args),
        _ => return None,
    })
}

/// Returns the name and the options of a verb for dataflows.
fn dataflow_verb(word: &str) -> Option<(&'static str, Augment)> {
    Some(match word {
        "render" => ("render", render::RenderArgs::augment_args),
        "diff" => ("diff", diff::DiffArgs::augment_args),
        "validate" => ("validate", validate::ValidateArgs::augment_args),
        "commit" => ("commit", commit::CommitArgs::augment_args),
        "deploy" => ("deploy", deploy::DeployArgs::augment_args),
        "list" | "ls" => ("list", list::ListArgs::augment_args),
        "get" => ("get", get::GetArgs::augment_args),
        "events" => ("events", events::EventsArgs::augment_args),
        "why" => ("why", why::WhyArgs::augment_args),
        "graph" => ("graph", graph::GraphArgs::augment_args),
        "import" => ("import", import::ImportArgs::augment_args),
        "delete" | "rm" => ("delete", delete::DeleteArgs::augment_args),
        "suspend" => ("suspend", suspend::SuspendArgs::augment_args),
        "resume" => ("resume", resume::ResumeArgs::augment_args),
        "restart" => ("restart", restart::RestartArgs::augment_args),
        "scale" => ("scale", scale::ScaleArgs::augment_args),
        "reset-state" => ("reset-state", reset_state::ResetStateArgs::augment_args),
        "restore" => ("restore", restore::RestoreArgs::augment_args),
        "rollback" => ("rollback", rollback::RollbackArgs::augment_args),
        "logs" => ("logs", logs::LogsArgs::augment_args),
        "wait" => ("wait", wait::WaitArgs::augment_args),
        "backup" => ("backup", backup::BackupArgs::augment_args),
        "backups" => ("backups", backups::BackupsArgs::augment_args),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;
    use crate::cli::Cli;
    use crate::ui::Program;

    fn words(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    // clap adds `help` when it builds the tree.
    #[test]
    fn every_verb_and_alias_has_narrow_tree() {
        let whole = Cli::command();
        let mut lines = Vec::new();
        for verb in whole.get_subcommands() {
            for name in std::iter::once(verb.get_name()).chain(verb.get_all_aliases()) {
                let below = verb.get_subcommands();
                let below = below.flat_map(|verb| {
                    std::iter::once(verb.get_name()).chain(verb.get_all_aliases())
                });
                let below: Vec<_> = below.map(|below| format!("{name} {below}")).collect();
                lines.extend(if below.is_empty() {
                    vec![name.to_owned()]
                } else {
                    below
                });
            }
        }
        assert!(lines.len() > 70, "{lines:?}");
        for line in lines {
            assert!(tree(&words(&line)).is_some(), "{line}");
        }
    }

    #[test]
    fn narrow_tree_parses_like_whole_tree() {
        for line in [
            "version",
            "version -o json",
            "run a.py",
            "install -n shop --v 6",
            "completion bash",
            "df ls -A -o wide -v 8",
            "k8s list --name orders -s https://x",
            "dataflow render -s pull a.py -n shop",
            "df commit a.py --name a --env prod --push -p 3",
            "df rm a --yes --context c",
            "df reset-state a --yes",
            "df suspend a --for 2h",
            "df scale a -p 3 -w 2",
        ] {
            let narrow = Cli::parse_narrow(Program::Alone, &words(line));
            let narrow = narrow.unwrap_or_else(|| panic!("{line}"));
            let whole = Cli::parse_whole(Program::Alone, words(line), 80);
            let whole = whole.unwrap_or_else(|error| panic!("{line}: {error}"));
            assert_eq!(format!("{narrow:?}"), format!("{whole:?}"), "{line}");
        }
    }

    #[test]
    fn faults_and_help_are_left_to_whole_tree() {
        for line in [
            "-n shop version",
            "version --help",
            "help version",
            "df",
            "df no-such-verb",
            "df list --no-such-option",
            "df scale a -p none",
        ] {
            let narrow = Cli::parse_narrow(Program::Alone, &words(line));
            assert!(narrow.is_none(), "{line}");
            assert!(
                Cli::parse(Program::Alone, words(line), 80).is_err() || line.starts_with("-n"),
                "{line}"
            );
        }
        assert!(Cli::parse_narrow(Program::Alone, &[]).is_none());
    }
}
