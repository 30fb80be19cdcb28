//! `df deploy`: a flow straight into the cluster, without git.

use std::path::PathBuf;

use clap::Args;
use gitops::check::check;
use gitops::deployment::Deployment;
use gitops::object::dataflow_name;
use gitops::render;
use gitops::rendered::Rendered;

use crate::args::flow::FlowArgs;
use crate::args::global::GlobalArgs;
use crate::args::settings::Settings;
use crate::cluster::apply::Conflicts;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::local::source;
use crate::ui::Ui;
use crate::work::deploy::{self, Deployed, Permissions};

/// Deploy a dataflow straight to the cluster, without git
///
/// The first deployment needs no confirmation. Changing what is there restarts it, so that needs --yes.
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
    /// The flags of a flow.
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
    /// Take over fields that somebody else keeps, such as a GitOps controller
    #[arg(long)]
    pub(crate) force_conflicts: bool,
}

/// Applies the flow that `args` describe, or prints it.
///
/// # Errors
/// The flow is not valid, is there already without `--yes`, or the cluster refuses.
pub(crate) fn run(args: &DeployArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let (settings, notes) = Settings::resolve(&args.flow, global)?;
    let source = source::read(&args.source)?;
    let rendered = render::render(&settings.flow, &source)?;
    for warning in notes.into_iter().chain(check(&rendered)?) {
        ui.warn(&warning);
    }
    block_on(async {
        if settings.dry_run {
            return dry_run(&rendered, &settings, global, ui).await;
        }
        let session = Session::connect(&global.access()).await?;
        let session = match rendered.namespace() {
            Some(namespace) => session.in_namespace(namespace),
            None => session,
        };
        let conflicts = match args.force_conflicts {
            true => Conflicts::TakeOver,
            false => Conflicts::Refuse,
        };
        let may = Permissions {
            change: settings.yes,
            create_namespace: settings.create_namespace,
            conflicts,
        };
        let deployed = deploy::deploy(&session, &rendered, may, ui).await?;
        report(deployed, rendered.name(), session.namespace(), ui)
    })
}

/// Prints every object, the namespace too when it is missing. Works without a cluster.
async fn dry_run(
    rendered: &Rendered,
    settings: &Settings,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let asked = deploy::namespace_of(rendered, &global.access()).await;
    let (namespace, exists, warning) = asked;
    if let Some(warning) = warning {
        ui.warn(&warning);
    }
    let deployment = Deployment::of(rendered, &namespace);
    let with_namespace = !exists && settings.create_namespace;
    let format = settings.output.unwrap_or_default();
    ui.data(&deployment.text(with_namespace, format.into()))
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
        "Dataflow `{name}` is deployed in namespace {namespace}."
    ));
    ui.hint(&format!("waxctl df wait {name} -n {namespace}"));
    Ok(())
}
