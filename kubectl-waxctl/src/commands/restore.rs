//! `df restore`: requests the recovery action `Restore`, which replaces the state of a flow by a backup.

use clap::Args;
use dataflow::spec::{ActionKind, ExpectedStore, RecoveryAction};
use gitops::loss::store_of;

use super::{git_place, report};
use crate::args::dry_run::DryRunArgs;
use crate::args::format::ResultArgs;
use crate::args::git::GitArgs;
use crate::args::global::GlobalArgs;
use crate::error::CommandError;
use crate::names;
use crate::ui::Ui;
use crate::work::recovery_action;

/// Restore a dataflow from a backup
///
/// Requests the action Restore in spec.recovery.action: in the cluster, or with a commit if the flow is managed from
/// git. The operator stops the flow, replaces its state by the backup, and starts it again. In a new cluster or
/// namespace the backup has to be named with --to.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Show what would be replaced
  waxctl df restore orders

  # Restore the newest backup
  waxctl df restore orders --yes")]
pub(crate) struct RestoreArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: String,
    /// Backup, as `waxctl df backups` names it [default: the newest]
    #[arg(long, value_name = "POINT")]
    pub(crate) to: Option<String>,
    /// Restore; without this the state that would be replaced is only shown
    #[arg(short, long)]
    pub(crate) yes: bool,
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

/// Applies the recovery action.
///
/// # Errors
/// The flow makes no backups, or the action is not confirmed.
pub(crate) fn run(
    args: &RestoreArgs,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let access = global.access();
    let (live, namespace) = recovery_action::live(&args.name, &access)?;
    let name = &args.name;
    let recovery = live.spec.recovery.as_ref();
    let backups = recovery
        .and_then(|recovery| recovery.cloud_backup.as_ref())
        .is_some_and(|backup| backup.enabled == Some(true));
    if !backups {
        return Err(
            CommandError::failure(format!("cannot restore dataflow `{name}`"))
                .because("it makes no backups: `spec.recovery.cloudBackup.enabled` is not true"),
        );
    }
    let expect = match (store_of(&live), &args.to) {
        (Some(expect), _) => expect,
        (None, Some(_)) => ExpectedStore {
            store_id: "none".to_owned(),
            timeline: None,
        },
        (None, None) => {
            return Err(CommandError::usage(format!(
                "cannot restore dataflow `{name}` without `--to POINT`: it has no state yet"
            )));
        }
    };
    let dry_run = args.dry_run.mode;
    if !args.yes && !dry_run.is_on() {
        return Err(CommandError::policy(format!(
            "dataflow `{name}` in namespace `{namespace}` was not restored (store {}, timeline {})",
            expect.store_id,
            expect.timeline.as_deref().unwrap_or("none")
        ))
        .because("its state since the backup would be lost; pass `--yes` to restore it")
        .hint(format!("waxctl df restore {name} -n {namespace} --yes")));
    }
    let action = RecoveryAction {
        kind: ActionKind::Restore,
        point: args.to.clone(),
        steps: Vec::new(),
        expect,
    };
    let git = git_place::of(&args.git);
    let outcome = recovery_action::apply(&action, &live, &git, dry_run, &access, ui)?;
    report::outcome(&outcome, name, dry_run, args.result.output, ui)
}
