//! `df rollback`: returns a flow to a revision that the cluster still stores.

use std::rc::Rc;

use clap::Args;
use gitops::object::dataflow_name;
use gitops::rendered::Rendered;

use super::{acceptance, git_place, report};
use crate::args::dry_run::DryRunArgs;
use crate::args::format::ResultArgs;
use crate::args::git::GitArgs;
use crate::args::global::GlobalArgs;
use crate::args::loss::LossArgs;
use crate::error::CommandError;
use crate::names;
use crate::ui::Ui;
use crate::work::publish::Order;
use crate::work::rollback;

/// Return a dataflow to an earlier revision
///
/// The cluster stores the newest five revisions with their code. The flow gets the spec and the code of the earlier
/// revision; its number of processes and its suspension stay. The change is made in the cluster, or with a commit if
/// the flow is managed from git. The state is kept. If the earlier code lacks steps that have state, nothing is changed
/// unless the loss is accepted. The steps come from records beside the revisions; their code is never run on this machine.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # Show the revision that it would return to
  waxctl df rollback orders

  # Return to the previous revision
  waxctl df rollback orders --yes --force-conflicts")]
pub(crate) struct RollbackArgs {
    /// Name of the dataflow
    #[arg(value_name = "NAME", value_parser = names::object_flag)]
    pub(crate) name: String,
    /// Revision, or its first digits [default: the newest other one]
    #[arg(long, value_name = "REVISION")]
    pub(crate) to: Option<String>,
    /// Roll back; without this the revision is only shown
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Take over fields of other field managers
    #[arg(long)]
    pub(crate) force_conflicts: bool,
    /// Flags that accept a loss of state.
    #[command(flatten)]
    pub(crate) loss: LossArgs,
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

/// Applies the earlier revision, or commits it.
///
/// # Errors
/// There is no such revision, state would be lost, or the rollback is not confirmed.
pub(crate) fn run(
    args: &RollbackArgs,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let (name, access) = (&args.name, global.access());
    let plan = rollback::find(name, args.to.as_deref(), &access)?;
    let revision = plan.record.revision();
    let old = plan.present();
    let mut new = plan.on(&old)?;
    let checked = rollback::check_steps(&plan, &old, &new, &access)?;
    let acceptance = acceptance::of(&args.loss);
    if let Some(warning) = checked.refuse_unchecked(name, acceptance.unchecked)? {
        ui.warn(&warning);
    }
    let losses = checked.losses;
    if !losses.is_empty() && !args.loss.accept_state_loss {
        let error = CommandError::policy(format!(
            "rolling back dataflow `{name}` to revision `{revision}` would lose state"
        ));
        return Err(losses
            .iter()
            .fold(error, CommandError::because)
            .hint("to drop that state, add `--accept-state-loss`")
            .hint(format!(
                "or restore a backup of that time: `waxctl df restore {name} --to POINT -n {}`",
                plan.namespace
            )));
    }
    let dry_run = args.dry_run.mode;
    if !args.yes && !dry_run.is_on() {
        return Err(CommandError::policy(format!(
            "dataflow `{name}` in namespace `{}` was not rolled back to revision `{revision}`",
            plan.namespace
        ))
        .because("the rollback restarts it; pass `--yes` to roll it back"));
    }
    let git = git_place::of(&args.git);
    if git.applies_to(&plan.live) {
        let order = Order {
            name: name.clone(),
            change: Rc::new(move |in_git: &Rendered| plan.in_git(in_git)),
        };
        let in_git = git.commit(order, acceptance, dry_run, &access, ui)?;
        return report::in_git(&in_git, args.result.output, ui);
    }
    if !losses.is_empty()
        && let Some(action) = acceptance.action(&losses, &old, &access)?
        && let Some(recovery) = &mut new.dataflow.spec.recovery
    {
        recovery.action = Some(action);
    }
    let namespace = &plan.namespace;
    let applied = rollback::apply(&new, &plan, args.force_conflicts, dry_run, &access)?;
    report::begin(args.result.output, ui);
    let flow = dataflow_name(name);
    ui.tell(&dry_run.mark(&format!("{flow} rolled back to {revision}")))?;
    if !dry_run.is_on() {
        ui.hint(&format!("waxctl df wait {name} -n {namespace}"));
    }
    report::objects(args.result.output, &[applied], ui)
}
