//! `df deploy`: applies a flow to the cluster, without git.

use std::path::PathBuf;

use clap::Args;
use gitops::check::check;
use gitops::object::dataflow_name;
use gitops::render;

use crate::args::flow::FlowArgs;
use crate::args::global::GlobalArgs;
use crate::args::settings::Settings;
use crate::error::CommandError;
use crate::local::source;
use crate::ui::Ui;
use crate::work::deploy::{self, Deployed, Permissions};

/// Deploy a dataflow directly to the cluster, without git
///
/// The first deployment needs no confirmation. A change of an existing dataflow restarts it, so it needs --yes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # deploy a Python file
  waxctl df deploy hello.py --name hello

  # change it
  waxctl df deploy hello.py --name hello --processes 2 --yes

  # print what would be applied
  waxctl df deploy hello.py --name hello --dry-run")]
pub(crate) struct DeployArgs {
    /// A Python file, a .tar, or a folder
    #[arg(value_name = "SOURCE")]
    pub(crate) source: PathBuf,
    /// Flags of a flow.
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
    /// Take over fields of other field managers, such as a GitOps controller
    #[arg(long)]
    pub(crate) force_conflicts: bool,
}

/// Applies the flow, or prints it.
///
/// # Errors
/// The flow is invalid, exists already without `--yes`, or the cluster refuses.
pub(crate) fn run(args: &DeployArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let (settings, notes) = Settings::resolve(&args.flow, global)?;
    let source = source::read(&args.source)?;
    let rendered = render::render(&settings.flow, &source)?;
    for warning in notes.into_iter().chain(check(&rendered)?) {
        ui.warn(&warning);
    }
    let access = global.access();
    if settings.dry_run {
        let format = settings.output.unwrap_or_default().into();
        let with_namespace = settings.create_namespace;
        let text = deploy::dry_run(&rendered, with_namespace, format, &access, ui)?;
        return ui.data(&text);
    }
    let may = Permissions {
        change: settings.yes,
        create_namespace: settings.create_namespace,
        take_over: args.force_conflicts,
    };
    let (deployed, namespace) = deploy::deploy(&rendered, may, &access, ui)?;
    report(deployed, rendered.name(), &namespace, ui)
}

fn report(
    deployed: Deployed,
    name: &str,
    namespace: &str,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let what = match deployed {
        Deployed::Unchanged => return ui.line(&format!("{} unchanged", dataflow_name(name))),
        Deployed::Created => "created",
        Deployed::Configured => "configured",
    };
    ui.line(&format!("{} {what}", dataflow_name(name)))?;
    ui.say(&format!(
        "Dataflow `{name}` is deployed in namespace `{namespace}`."
    ));
    ui.hint(&format!("waxctl df wait {name} -n {namespace}"));
    Ok(())
}
