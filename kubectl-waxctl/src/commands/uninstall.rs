//! `uninstall`: removes the operator.

use clap::Args;
use gitops::manifests::{Installation, SYSTEM_NAMESPACE};

use super::report;
use crate::args::dry_run::DryRunArgs;
use crate::args::format::ResultArgs;
use crate::args::global::GlobalArgs;
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::uninstall::{self, Permissions};

/// Remove the operator and its permissions
///
/// The flows, their recovery volumes and the CRD stay, so a later `waxctl install` continues where this operator stopped.
/// The namespace stays, too. While the operator has flows, nothing is removed unless --leave-flows is given.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # show what would be deleted
  waxctl uninstall -n team-a --dry-run

  # the operator of one namespace
  waxctl uninstall -n team-a --yes

  # that of the whole cluster, although its flows keep running
  waxctl uninstall --all-namespaces --leave-flows --yes")]
pub(crate) struct UninstallArgs {
    /// Remove the operator that manages the dataflows of all namespaces
    #[arg(short = 'A', long)]
    pub(crate) all_namespaces: bool,
    /// Remove it although its flows keep running without an operator
    #[arg(long)]
    pub(crate) leave_flows: bool,
    /// Delete the CRD, too; refused while any dataflow exists in the cluster
    #[arg(long)]
    pub(crate) delete_crd: bool,
    /// Remove it without asking
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Whether the change is only shown or checked.
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
    /// The flag of the output.
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

/// Removes the operator.
///
/// # Errors
/// Flows exist, the removal is not confirmed, or the cluster refuses.
pub(crate) fn run(
    args: &UninstallArgs,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let system = args.all_namespaces.then(|| SYSTEM_NAMESPACE.to_owned());
    let wanted = Installation {
        namespace: global.namespace.clone().or(system).unwrap_or_default(),
        all_namespaces: args.all_namespaces,
        image: None,
        agent_image: None,
    };
    let may = Permissions {
        confirmed: args.yes,
        leave_flows: args.leave_flows,
        with_crd: args.delete_crd,
    };
    let output = args.result.output;
    report::begin(output, ui);
    let deleted = uninstall::uninstall(wanted, may, args.dry_run.mode, &global.access(), ui)?;
    report::objects(output, &deleted, ui)
}
