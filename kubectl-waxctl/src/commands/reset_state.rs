//! `df reset-state`: requests the recovery action `Reset`, which starts a flow without state.

use clap::Args;
use dataflow::phase::phase;
use dataflow::spec::{ActionKind, RecoveryAction};
use dataflow::status::Phase;
use gitops::loss::store_of;

use super::{git_place, report};
use crate::args::git::GitArgs;
use crate::args::global::GlobalArgs;
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::recovery_action;

/// Let a dataflow begin with no state
///
/// Orders it in spec.recovery.action: straight, or as a commit if git keeps the flow. What the flow remembers is
/// gone; a last backup is taken before that where backups are on, and is not restored by itself. Refused while the
/// flow runs, unless forced.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # See what would be lost
  waxctl df reset-state orders

  # Stop the flow, drop its state, and start it again
  waxctl df reset-state orders --force --yes")]
pub(crate) struct ResetStateArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// Also while it runs
    #[arg(long)]
    pub(crate) force: bool,
    /// Do it; without this is only said what would be lost
    #[arg(short, long)]
    pub(crate) yes: bool,
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
            "dataflow `{name}` has no state"
        )));
    };
    let phase = phase(&live);
    let runs = !matches!(phase, Phase::Suspended | Phase::Completed | Phase::Pending);
    let refused = CommandError::policy(format!(
        "dataflow `{name}` in namespace {namespace} keeps its state ({phase}, store {}, timeline {})",
        expect.store_id,
        expect.timeline.as_deref().unwrap_or_default()
    ));
    if runs && !args.force {
        return Err(refused
            .because("it is not suspended; --force stops it, and starts it with no state")
            .hint(format!(
                "waxctl df reset-state {name} -n {namespace} --force --yes"
            )));
    }
    if !args.yes {
        return Err(refused
            .because("all that it remembers would be lost; specify --yes to do it")
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
    let outcome = recovery_action::apply(&action, &live, &git, &access, ui)?;
    report::outcome(&outcome, name, ui)
}
