//! The flags and the output that suspend, resume, restart and scale share.

use clap::Args;
use gitops::adjustment::Adjustment;
use gitops::object::dataflow_name;

use super::{git_place, report};
use crate::args::dry_run::DryRunArgs;
use crate::args::format::ResultArgs;
use crate::args::git::GitArgs;
use crate::args::global::GlobalArgs;
use crate::error::CommandError;
use crate::names;
use crate::ui::Ui;
use crate::work::adjustment::{self, Outcome, Place};

/// The flow, and where it is changed.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AdjustArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: String,
    /// Change only the cluster, even if the dataflow is managed from git
    #[arg(long, conflicts_with_all = ["env", "repo", "branch", "push", "message"])]
    pub(crate) live: bool,
    /// Whether the change is only shown or checked.
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
    /// The flag of the output.
    #[command(flatten)]
    pub(crate) result: ResultArgs,
    /// Flags for the commit.
    #[command(flatten)]
    pub(crate) git: GitArgs,
}

/// Makes the change and prints what was done.
pub(super) fn run(
    adjustment: &Adjustment,
    args: &AdjustArgs,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let name = &args.name;
    let place = match args.live {
        true => Place::Cluster,
        false => Place::Managed(git_place::of(&args.git)),
    };
    let format = args.result.output;
    let dry_run = args.dry_run.mode;
    match adjustment::apply(adjustment, name, &place, dry_run, &global.access(), ui)? {
        Outcome::Unchanged(object) => {
            report::begin(format, ui);
            ui.tell(&dry_run.mark(&format!("{} unchanged", dataflow_name(name))))?;
            ui.say(&format!("Dataflow `{name}` {}.", adjustment.already()));
            report::objects(format, &[*object], ui)
        }
        Outcome::InGit(in_git) => report::in_git(&in_git, format, ui),
        Outcome::Applied {
            namespace,
            object,
            in_git,
        } => {
            report::begin(format, ui);
            let done = format!("{} {}", dataflow_name(name), adjustment.done());
            ui.tell(&dry_run.mark(&done))?;
            if dry_run.is_on() {
                return report::objects(format, &[*object], ui);
            }
            if in_git {
                ui.warn(
                    "the dataflow is managed from git, which was not changed: its controller can undo this",
                );
            }
            ui.hint(&format!("waxctl df wait {name} -n {namespace}"));
            report::objects(format, &[*object], ui)
        }
    }
}
