//! The verbs: one file each, with its arguments, its help and what it does.

pub mod backup;
pub mod backups;
pub mod commit;
pub mod completion;
pub mod delete;
pub mod deploy;
pub mod diff;
pub mod get;
pub mod install;
pub mod list;
pub mod logs;
pub mod options;
pub mod render;
pub mod reset_state;
pub mod restore;
pub mod rollback;
pub mod run;
pub mod version;
pub mod wait;

use crate::cli::{Cli, DataflowVerb, Verb};
use crate::error::CommandError;
use crate::ui::Ui;

/// Does what the command line says.
pub fn run(cli: &Cli, ui: &mut Ui) -> Result<(), CommandError> {
    let global = &cli.global;
    match &cli.verb {
        Verb::Dataflow(args) => match &args.verb {
            DataflowVerb::Render(args) => render::run(args, global, ui),
            DataflowVerb::Diff(args) => diff::run(args, global, ui),
            DataflowVerb::Commit(args) => commit::run(args, global, ui),
            DataflowVerb::Deploy(args) => deploy::run(args, global, ui),
            DataflowVerb::List(args) => list::run(args, global, ui),
            DataflowVerb::Get(args) => get::run(args, global, ui),
            DataflowVerb::Delete(args) => delete::run(args, global, ui),
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
        Verb::Completion(args) => completion::run(args, global, ui),
        Verb::Options(args) => options::run(args, global, ui),
        Verb::Version(args) => version::run(args, global, ui),
    }
}
