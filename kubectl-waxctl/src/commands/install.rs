//! `install`: installs the CRD and the operator.

use std::time::Duration;

use clap::Args;
use gitops::manifests::{Installation, SYSTEM_NAMESPACE};
use kube::api::DynamicObject;

use super::report;
use crate::args::dry_run::DryRunArgs;
use crate::args::format::{OutputFormat, ResultArgs};
use crate::args::global::GlobalArgs;
use crate::cluster::apply::Conflicts;
use crate::duration;
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::install::{self, Application};

/// Install the operator and its resources
///
/// Without --all-namespaces the operator manages only its own namespace and gets no permissions outside it. Only the
/// CRD of Dataflows belongs to the whole cluster. Running this again updates the installation. Fields
/// that another field manager owns, such as a GitOps controller, are left to it: the update is refused.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # for one namespace
  waxctl install -n team-a

  # for the whole cluster
  waxctl install --all-namespaces

  # let the API server check an update, without making it
  waxctl install --all-namespaces --dry-run=server

  # print the manifests instead, to keep them in git
  waxctl install --all-namespaces --export")]
pub(crate) struct InstallArgs {
    /// Manage the dataflows of all namespaces
    #[arg(short = 'A', long)]
    pub(crate) all_namespaces: bool,
    /// Image of the operator
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image: Option<String>,
    /// Image of the agent that goes into every pod
    #[arg(long, value_name = "IMAGE")]
    pub(crate) agent_image: Option<String>,
    /// Take over fields of other field managers, such as a GitOps controller
    #[arg(long)]
    pub(crate) force_conflicts: bool,
    /// Print the manifests, without a cluster
    #[arg(long)]
    pub(crate) export: bool,
    /// Time limit until the operator is ready, such as 90s; 0 checks once
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration::flag)]
    pub(crate) timeout: Duration,
    /// Whether the change is only shown or checked.
    #[command(flatten)]
    pub(crate) dry_run: DryRunArgs,
    /// The flag of the output.
    #[command(flatten)]
    pub(crate) result: ResultArgs,
}

/// Applies the manifests and waits for the operator, or prints them.
///
/// # Errors
/// The cluster refuses, or the operator does not become ready.
pub(crate) fn run(
    args: &InstallArgs,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let asked = match (&global.namespace, args.all_namespaces) {
        (Some(namespace), _) => Some(namespace.clone()),
        (None, true) => Some(SYSTEM_NAMESPACE.to_owned()),
        (None, false) => None,
    };
    let mut wanted = Installation {
        namespace: asked.unwrap_or_default(),
        all_namespaces: args.all_namespaces,
        image: args.image.clone(),
        agent_image: args.agent_image.clone(),
    };
    if !args.export {
        let output = args.result.output;
        report::begin(output, ui);
        let how = Application {
            conflicts: Conflicts::from_flag(args.force_conflicts),
            timeout: args.timeout,
            dry_run: args.dry_run.mode,
        };
        let installed = install::install(wanted, &how, &global.access(), ui)?;
        return report::objects(output, &installed, ui);
    }
    if wanted.namespace.is_empty() {
        "default".clone_into(&mut wanted.namespace);
    }
    let manifests = install::manifests(&wanted)?;
    match args.result.output {
        None | Some(OutputFormat::Yaml) => export(&manifests, ui),
        output => report::objects(output, &manifests, ui),
    }
}

fn export(objects: &[DynamicObject], ui: &mut Ui) -> Result<(), CommandError> {
    for (index, object) in objects.iter().enumerate() {
        let text = dataflow::yaml::to_string(object)
            .map_err(|error| CommandError::failure("cannot write the manifests").chain(&error))?;
        let separator = if index == 0 { "" } else { "---\n" };
        ui.document(&format!("{separator}{text}"))?;
    }
    Ok(())
}
