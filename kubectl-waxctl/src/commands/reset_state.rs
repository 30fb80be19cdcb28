//! `df reset-state`: requests the recovery action `Reset`, which starts a flow without state.

use clap::Args;
use dataflow::phase::phase;
use dataflow::spec::{ActionKind, RecoveryAction};
use dataflow::status::Phase;
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

/// Start a dataflow without its state
///
/// Requests the action Reset in spec.recovery.action: in the cluster, or with a commit if the flow is managed from git.
/// The state of the flow is lost. If backups are on, a last backup is made first; it is not restored automatically.
/// Refused while the flow runs, unless --force is given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Show what would be lost
  waxctl df reset-state orders

  # Stop the flow, drop its state, and start it again
  waxctl df reset-state orders --force --yes")]
pub(crate) struct ResetStateArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: String,
    /// Reset the state even while the flow runs
    #[arg(long)]
    pub(crate) force: bool,
    /// Reset the state; without this the state is only shown
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
/// The flow has no state, it runs without `--force`, or the action is not confirmed.
pub(crate) fn run(
    args: &ResetStateArgs,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let access = global.access();
    let (live, namespace) = recovery_action::live(&args.name, &access)?;
    let name = &args.name;
    let Some(expect) = store_of(&live) else {
        return Err(CommandError::failure(format!(
            "cannot reset dataflow `{name}`: it has no state"
        )));
    };
    let phase = phase(&live);
    let runs = !matches!(phase, Phase::Suspended | Phase::Completed | Phase::Pending);
    let refused = CommandError::policy(format!(
        "dataflow `{name}` in namespace `{namespace}` was not reset ({phase}, store {}, timeline {})",
        expect.store_id,
        expect.timeline.as_deref().unwrap_or_default()
    ));
    if runs && !args.force {
        return Err(refused
            .because("it is not suspended; with `--force` it is stopped, and started without state")
            .hint(format!(
                "waxctl df reset-state {name} -n {namespace} --force --yes"
            )));
    }
    let dry_run = args.dry_run.mode;
    if !args.yes && !dry_run.is_on() {
        return Err(refused
            .because("its state would be lost; pass `--yes` to reset it")
            .hint(format!(
                "waxctl df reset-state {name} -n {namespace}{} --yes",
                if runs { " --force" } else { "" }
            )));
    }
    let action = RecoveryAction {
        kind: ActionKind::Reset,
        point: None,
        steps: Vec::new(),
        expect,
    };
    let git = git_place::of(&args.git);
    let outcome = recovery_action::apply(&action, &live, &git, dry_run, &access, ui)?;
    report::outcome(&outcome, name, dry_run, args.result.output, ui)
}
