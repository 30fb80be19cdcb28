//! Calls the function of the verb that was parsed.

use super::{Cli, DataflowVerb, Verb, command};
use crate::commands::{
    backup, backups, commit, completion, delete, deploy, diff, events, get, graph, import, install,
    list, logs, options, render, reset_state, restart, restore, resume, rollback, run, scale,
    support, suspend, uninstall, validate, version, wait, why,
};
use crate::error::CommandError;
use crate::ui::{Program, Ui};

/// Runs the verb of the command line.
pub(crate) fn run(cli: &Cli, ui: &mut Ui) -> Result<(), CommandError> {
    let global = &cli.global;
    match &cli.verb {
        Verb::Dataflow(args) => match &args.verb {
            DataflowVerb::Render(args) => render::run(args, global, ui),
            DataflowVerb::Diff(args) => diff::run(args, global, ui),
            DataflowVerb::Validate(args) => validate::run(args, ui),
            DataflowVerb::Commit(args) => commit::run(args, global, ui),
            DataflowVerb::Deploy(args) => deploy::run(args, global, ui),
            DataflowVerb::List(args) => list::run(args, global, ui),
            DataflowVerb::Import(args) => import::run(args, global, ui),
            DataflowVerb::Graph(args) => graph::run(args, global, ui),
            DataflowVerb::Why(args) => why::run(args, global, ui),
            DataflowVerb::Get(args) => get::run(args, global, ui),
            DataflowVerb::Events(args) => events::run(args, global, ui),
            DataflowVerb::Delete(args) => delete::run(args, global, ui),
            DataflowVerb::Suspend(args) => suspend::run(args, global, ui),
            DataflowVerb::Resume(args) => resume::run(args, global, ui),
            DataflowVerb::Restart(args) => restart::run(args, global, ui),
            DataflowVerb::Scale(args) => scale::run(args, global, ui),
            DataflowVerb::ResetState(args) => reset_state::run(args, global, ui),
            DataflowVerb::Restore(args) => restore::run(args, global, ui),
            DataflowVerb::Rollback(args) => rollback::run(args, global, ui),
            DataflowVerb::Logs(args) => logs::run(args, global, ui),
            DataflowVerb::Wait(args) => wait::run(args, global, ui),
            DataflowVerb::Backup(args) => backup::run(args, global, ui),
            DataflowVerb::Backups(args) => backups::run(args, global, ui),
        },
        Verb::Run(args) => run::run(args, global, ui),
        Verb::Install(args) => install::run(args, global, ui),
        Verb::Uninstall(args) => uninstall::run(args, global, ui),
        Verb::Support(args) => support::run(args, global, ui),
        Verb::Completion(args) => completion::run(args, command(Program::Alone), ui),
        Verb::Options(_) => options::run(&command(Program::Alone), ui),
        Verb::Version(args) => version::run(args, ui),
    }
}
