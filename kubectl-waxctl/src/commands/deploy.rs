//! `df deploy`: applies a flow to the cluster, without git.

use std::path::PathBuf;

use clap::Args;
use gitops::advice::advise;
use gitops::check::check;
use gitops::object::dataflow_name;
use gitops::render;

use super::{acceptance, report};
use crate::args::flow::FlowArgs;
use crate::args::global::GlobalArgs;
use crate::args::loss::LossArgs;
use crate::args::settings::Settings;
use crate::dry_run::DryRun;
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::deploy::{self, Deployed, Effect, Permissions};
use crate::work::sources;
use crate::work::step_check::Origin;

/// Deploy a dataflow directly to the cluster, without git
///
/// The first deployment needs no confirmation. A change of an existing dataflow restarts it, so it needs --yes.
///
/// If a flow keeps state, the code of SOURCE is loaded in the Python on the PATH, for at most 60 s. Its steps are compared
/// with those of the flow in the cluster, whose code is never run. If state would be lost, or if the steps cannot be
/// compared, nothing is changed, and the exit code is 5.
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
    #[arg(required_unless_present = "code_in_image", value_name = "SOURCE")]
    pub(crate) source: Option<PathBuf>,
    /// Flags of a flow.
    #[command(flatten)]
    pub(crate) flow: FlowArgs,
    /// Take over fields of other field managers, such as a GitOps controller
    #[arg(long)]
    pub(crate) force_conflicts: bool,
    /// Flags that accept a loss of state.
    #[command(flatten)]
    pub(crate) loss: LossArgs,
}

/// Applies the flow, or prints it.
///
/// # Errors
/// The flow is invalid, exists already without `--yes`, or the cluster refuses.
pub(crate) fn run(args: &DeployArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let (settings, notes) = Settings::resolve(&args.flow, global)?;
    let source = sources::read_or_image(args.source.as_deref(), ui)?;
    let rendered = render::render(&settings.flow, &source)?;
    let warnings = notes.into_iter().chain(check(&rendered)?);
    for warning in warnings.chain(advise(&rendered, Some(&source))) {
        ui.warn(&warning);
    }
    let access = global.access();
    let output = settings.output;
    match settings.dry_run {
        DryRun::None => {}
        DryRun::Client => {
            let with_namespace = settings.create_namespace;
            let text = output.unwrap_or_default().of_objects(|format| {
                deploy::dry_run(&rendered, with_namespace, format, &access, ui)
            })?;
            return ui.document(&text);
        }
        DryRun::Server => {
            let objects = deploy::dry_run_on_server(&rendered, args.force_conflicts, &access)?;
            return report::objects(Some(output.unwrap_or_default()), &objects, ui);
        }
    }
    report::begin(output, ui);
    let name = rendered.name().to_owned();
    let may = Permissions {
        change: settings.yes,
        create_namespace: settings.create_namespace,
        take_over: args.force_conflicts,
        loss: acceptance::of(&args.loss),
    };
    let origin = Origin::Named(&source, &settings.flow);
    let deployed = deploy::deploy(rendered, origin, &may, &access, ui)?;
    tell(&deployed, &name, ui)?;
    report::objects(output, &[deployed.object], ui)
}

fn tell(deployed: &Deployed, name: &str, ui: &mut Ui) -> Result<(), CommandError> {
    let what = match deployed.effect {
        Effect::Unchanged => return ui.tell(&format!("{} unchanged", dataflow_name(name))),
        Effect::Created => "created",
        Effect::Configured => "configured",
    };
    ui.tell(&format!("{} {what}", dataflow_name(name)))?;
    let namespace = &deployed.namespace;
    ui.say(&format!(
        "Dataflow `{name}` is deployed in namespace `{namespace}`."
    ));
    ui.hint(&format!("waxctl df wait {name} -n {namespace}"));
    Ok(())
}
