//! Applying a flow to a cluster, without git.

use dataflow::Dataflow;
use dataflow::code::Code;
use gitops::deployment::{self, Deployment, is_obsolete};
use gitops::object::{Format, dynamic};
use gitops::rendered::Rendered;

use crate::access::Access;
use crate::cluster::apply::Conflicts;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::ui::Ui;

/// What may be done to a cluster.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Permissions {
    /// Whether a flow that is there may be changed, which restarts it.
    pub(crate) change: bool,
    /// Whether the namespace may be made if it is missing.
    pub(crate) create_namespace: bool,
    /// Whether fields that somebody else keeps are taken over.
    pub(crate) take_over: bool,
}

/// What a deployment has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deployed {
    /// All was as it is to be.
    Unchanged,
    /// The flow is new.
    Created,
    /// The flow was changed.
    Configured,
}

/// The objects of a flow as they would be applied, the namespace too when it is missing. Works without a cluster, with
/// a warning.
///
/// # Errors
/// Ctrl-C.
pub(crate) fn dry_run(
    rendered: &Rendered,
    create_namespace: bool,
    format: Format,
    access: &Access,
    ui: &mut Ui,
) -> Result<String, CommandError> {
    let asked = block_on(async { Ok(namespace_of(rendered, access).await) })?;
    let (namespace, exists, warning) = asked;
    if let Some(warning) = warning {
        ui.warn(&warning);
    }
    let deployment = Deployment::new(rendered, &namespace);
    Ok(deployment.text(!exists && create_namespace, format))
}

/// Deploys a flow, and says into which namespace.
///
/// # Errors
/// It is there already and may not be changed, the namespace is missing, or the cluster refuses.
pub(crate) fn deploy(
    rendered: &Rendered,
    may: Permissions,
    access: &Access,
    ui: &mut Ui,
) -> Result<(Deployed, String), CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        let session = match rendered.namespace() {
            Some(namespace) => session.in_namespace(namespace),
            None => session,
        };
        let deployed = deploy_into(&session, rendered, may, ui).await?;
        Ok((deployed, session.namespace().to_owned()))
    })
}

/// Finds out the namespace that a flow would go to and whether it exists; works without a cluster, with a warning.
async fn namespace_of(rendered: &Rendered, access: &Access) -> (String, bool, Option<String>) {
    let asked = async {
        let session = Session::connect(access).await?;
        let namespace = rendered
            .namespace()
            .unwrap_or(session.namespace())
            .to_owned();
        let exists = session.in_namespace(&namespace).namespace_exists().await?;
        Ok::<_, CommandError>((namespace, exists))
    };
    match asked.await {
        Ok((namespace, exists)) => (namespace, exists, None),
        Err(error) => {
            let warning = format!(
                "the cluster was not asked about the namespace: {}",
                error.message
            );
            let namespace = rendered.namespace().unwrap_or("default");
            (namespace.to_owned(), namespace == "default", Some(warning))
        }
    }
}

async fn deploy_into(
    session: &Session,
    rendered: &Rendered,
    may: Permissions,
    ui: &mut Ui,
) -> Result<Deployed, CommandError> {
    let (name, namespace) = (rendered.name(), session.namespace());
    let deployment = Deployment::new(rendered, namespace);
    if let Some(existing) = session.dataflow(name).await? {
        let changed = what_changes(session, &existing, rendered).await?;
        if changed.is_empty() {
            return Ok(Deployed::Unchanged);
        }
        if !may.change {
            let error = CommandError::policy(format!(
                "dataflow `{name}` is already in namespace {namespace} and was not changed"
            ));
            return Err(changed
                .iter()
                .fold(error, CommandError::because)
                .hint("specify --yes to change it"));
        }
        apply(session, &deployment, Conflicts::from_flag(may.take_over)).await?;
        return Ok(Deployed::Configured);
    }
    if !session.namespace_exists().await? {
        make_namespace(session, &deployment, may, ui).await?;
    }
    apply(session, &deployment, Conflicts::from_flag(may.take_over)).await?;
    Ok(Deployed::Created)
}

async fn make_namespace(
    session: &Session,
    deployment: &Deployment,
    may: Permissions,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let namespace = session.namespace();
    if !may.create_namespace {
        return Err(
            CommandError::failure(format!("namespace `{namespace}` does not exist"))
                .hint(format!("kubectl create namespace {namespace}")),
        );
    }
    session
        .apply(&deployment.namespace(), Conflicts::Refuse)
        .await?;
    ui.line(&format!("namespace/{namespace} created"))
}

/// Applies the code under a name of its own first, so that spec and code change in one write; then hands the code to the
/// Dataflow, so that it goes with it, and removes code that no spec names any more.
///
/// # Errors
/// The cluster refuses.
pub(crate) async fn apply(
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
        if is_obsolete(&old, &code) {
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
    Ok(deployment::changes(existing, old_code, rendered)
        .iter()
        .map(|change| format!("{} changes: {}", change.path, change.cost))
        .collect())
}
