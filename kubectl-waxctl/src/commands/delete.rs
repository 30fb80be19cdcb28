//! `df delete`: deletes a Dataflow from the cluster, with `--delete-state` its recovery volumes, too.

use std::time::Duration;

use clap::{ArgGroup, Args};
use gitops::object::dataflow_name;

use super::report;
use crate::args::dry_run::DryRunArgs;
use crate::args::format::ResultArgs;
use crate::args::global::GlobalArgs;
use crate::duration;
use crate::error::CommandError;
use crate::names;
use crate::ui::Ui;
use crate::work::{deletion, removal};

/// Delete a dataflow from the cluster
///
/// Its state stays on its recovery volumes, and a new dataflow of the same name continues with it. With --delete-state
/// these volumes are deleted, too, after the pods are gone. This also works if the dataflow itself is deleted already.
/// Backups in a bucket always stay.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("which").required(true).args(["name", "name_flag"]),
    after_help = "Examples:
  # Show what would be deleted, and whether the API server would allow it
  waxctl df delete orders --dry-run=server

  # Delete it
  waxctl df rm orders --yes

  # Delete its state, too
  waxctl df rm orders --delete-state --yes"
)]
pub(crate) struct DeleteArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: Option<String>,
    /// Name of the dataflow, as in older releases of the original waxctl
    #[arg(id = "name_flag", short = 'N', long = "name", value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name_flag: Option<String>,
    /// Delete it; without this the dataflow is only shown
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Delete its recovery volumes, too, with all its state; without --yes it asks on a terminal
    #[arg(long)]
    pub(crate) delete_state: bool,
    /// Time limit for the deletion of pods and volumes, such as 30s or 5m
    #[arg(long, value_name = "DURATION", default_value = "5m", value_parser = duration::flag, requires = "delete_state")]
    pub(crate) timeout: Duration,
    /// Whether the change is only shown or checked.
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
    /// The flag of the output.
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

/// Deletes the Dataflow. Without a confirmation it only shows the Dataflow.
///
/// # Errors
/// There is no such Dataflow, the deletion is not confirmed, or the cluster refuses.
pub(crate) fn run(args: &DeleteArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let name = args
        .name
        .as_ref()
        .or(args.name_flag.as_ref())
        .map_or("", String::as_str);
    let output = args.result.output;
    report::begin(output, ui);
    let (dry_run, access) = (args.dry_run.mode, global.access());
    if args.delete_state {
        let removed = removal::remove(name, args.yes, args.timeout, dry_run, &access, ui)?;
        return report::objects(output, &removed, ui);
    }
    let deleted = deletion::delete(name, args.yes, dry_run, &access)?;
    ui.tell(&dry_run.mark(&format!("{} deleted", dataflow_name(name))))?;
    if deleted.kept_by_git {
        ui.warn(&format!(
            "dataflow `{name}` is managed from git: its controller creates it again unless its folder is removed"
        ));
    }
    ui.say(match dry_run.is_on() {
        true => "Its pods, services and copies of the code would be deleted with it.",
        false => "Its pods, services and copies of the code are being deleted with it.",
    });
    if let Some(code) = &deleted.code {
        ui.say(code);
    }
    if let Some(volumes) = &deleted.volumes {
        ui.say(volumes);
        ui.hint(&format!(
            "waxctl df delete {name} -n {} --delete-state",
            deleted.namespace
        ));
    }
    report::objects(output, &[deleted.object], ui)
}
