//! `df deploy`: a flow straight into the cluster, without git.

use std::path::PathBuf;

use clap::Args;
use dataflow::Dataflow;
use dataflow::code::Code;
use dataflow::cost::changes;

use crate::cli::GlobalArgs;
use crate::cluster::apply::{Conflicts, dynamic};
use crate::cluster::{Session, block_on};
use crate::deployment::{Deployment, is_surplus};
use crate::error::CommandError;
use crate::render::{self, Rendered};
use crate::settings::{FlowArgs, OutputFormat, Settings};
use crate::source::Source;
use crate::ui::Ui;
use crate::view::resource_name;

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
pub struct DeployArgs {
    /// A Python file, a .tar, or a folder
    #[arg(value_name = "SOURCE")]
    pub source: PathBuf,
    /// The flags of a flow.
    #[command(flatten)]
    pub flow: FlowArgs,
    /// Take over fields that somebody else keeps, such as a GitOps controller
    #[arg(long)]
    pub force_conflicts: bool,
}

/// Applies the flow that `args` describe, or prints it.
///
/// # Errors
/// The flow is not valid, is there already without `--yes`, or the cluster refuses.
pub fn run(args: &DeployArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let (settings, notes) = Settings::resolve(&args.flow, global)?;
    let source = Source::read(&args.source)?;
    let rendered = render::render(&settings, &source)?;
    for warning in notes.into_iter().chain(render::check(&rendered)?) {
        ui.warn(&warning);
    }
    block_on(async {
        if settings.dry_run {
            return dry_run(&rendered, &settings, global, ui).await;
        }
        let session = Session::connect(global).await?;
        let session = match rendered.namespace() {
            Some(namespace) => session.in_namespace(namespace),
            None => session,
        };
        let conflicts = if args.force_conflicts {
            Conflicts::TakeOver
        } else {
            Conflicts::Refuse
        };
        deploy(&session, &rendered, &settings, conflicts, ui).await
    })
}

/// Prints every object, the namespace too when it is missing. Works without a cluster.
async fn dry_run(
    rendered: &Rendered,
    settings: &Settings,
    global: &GlobalArgs,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let asked = async {
        let session = Session::connect(global).await?;
        let namespace = rendered
            .namespace()
            .unwrap_or(session.namespace())
            .to_owned();
        let exists = session.in_namespace(&namespace).namespace_exists().await?;
        Ok::<_, CommandError>((namespace, exists))
    };
    let (namespace, exists) = match asked.await {
        Ok(answer) => answer,
        Err(error) => {
            ui.warn(&format!(
                "the cluster was not asked about the namespace: {}",
                error.message
            ));
            let namespace = rendered.namespace().unwrap_or("default");
            (namespace.to_owned(), namespace == "default")
        }
    };
    let deployment = Deployment::of(rendered, &namespace);
    let make_namespace = !exists && settings.create_namespace;
    ui.data(&deployment.text(
        make_namespace,
        settings.output.unwrap_or(OutputFormat::Yaml),
    ))
}

async fn deploy(
    session: &Session,
    rendered: &Rendered,
    settings: &Settings,
    conflicts: Conflicts,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let (name, namespace) = (rendered.name(), session.namespace());
    let deployment = Deployment::of(rendered, namespace);
    let existing = session.dataflow(name).await?;
    if let Some(existing) = &existing {
        let changed = what_changes(session, existing, rendered).await?;
        if changed.is_empty() {
            return ui.line(&format!("{} unchanged", resource_name(name)));
        }
        if !settings.yes {
            let error = CommandError::policy(format!(
                "dataflow `{name}` is already in namespace {namespace} and was not changed"
            ));
            return Err(changed
                .iter()
                .fold(error, CommandError::because)
                .hint("specify --yes to change it"));
        }
    } else if !session.namespace_exists().await? {
        if !settings.create_namespace {
            return Err(
                CommandError::failure(format!("namespace `{namespace}` does not exist"))
                    .hint(format!("kubectl create namespace {namespace}")),
            );
        }
        session
            .apply(&deployment.namespace(), Conflicts::Refuse)
            .await?;
        ui.line(&format!("namespace/{namespace} created"))?;
    }
    apply(session, &deployment, conflicts).await?;
    let what = if existing.is_some() {
        "configured"
    } else {
        "created"
    };
    ui.line(&format!("{} {what}", resource_name(name)))?;
    ui.say(&format!(
        "Dataflow `{name}` is deployed in namespace {namespace}."
    ));
    ui.hint(&format!("waxctl df wait {name} -n {namespace}"));
    Ok(())
}

/// Applies the code under a name of its own first, so that spec and code change in one write; then hands the code to the
/// Dataflow, so that it goes with it, and removes code that no spec names any more.
pub(super) async fn apply(
    session: &Session,
    deployment: &Deployment,
    conflicts: Conflicts,
) -> Result<(), CommandError> {
    if let Some(code) = &deployment.code {
        session.apply(&dynamic(code), conflicts).await?;
    }
    let applied = session
        .apply(&dynamic(&deployment.dataflow), conflicts)
        .await?;
    let Some(code) = deployment.owned_code(applied.metadata.uid.as_deref()) else {
        return Ok(());
    };
    session.apply(&dynamic(&code), conflicts).await?;
    for old in session.config_maps(&Deployment::code_selector()).await? {
        if is_surplus(&old, &code) {
            session
                .delete_config_map(old.metadata.name.as_deref().unwrap_or_default())
                .await?;
        }
    }
    Ok(())
}

/// The changes with their cost, without values: those of environment variables may be secret.
async fn what_changes(
    session: &Session,
    existing: &Dataflow,
    rendered: &Rendered,
) -> Result<Vec<String>, CommandError> {
    let old_code = match existing.spec.config_map_name.as_deref() {
        Some(source) => session
            .config_map(source)
            .await?
            .as_ref()
            .map(Code::from_config_map),
        None => None,
    };
    let changed = if rendered.code.is_empty() {
        changes(
            &existing.spec,
            &Code::new(),
            &rendered.dataflow.spec,
            &Code::new(),
        )
    } else {
        let mut spec = rendered.dataflow.spec.clone();
        // Where the code stands is no change; what it says is compared below.
        spec.config_map_name
            .clone_from(&existing.spec.config_map_name);
        changes(
            &existing.spec,
            &old_code.unwrap_or_default(),
            &spec,
            &rendered.code,
        )
    };
    Ok(changed
        .iter()
        .map(|change| format!("{} changes: {}", change.path, change.cost))
        .collect())
}
