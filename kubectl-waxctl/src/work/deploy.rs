//! Applies a flow to a cluster, without git.

use dataflow::Dataflow;
use dataflow::code::Code;
use gitops::deployment::{self, Deployment, is_obsolete};
use gitops::object::{Format, dynamic};
use gitops::rendered::Rendered;
use kube::api::DynamicObject;

use crate::access::Access;
use crate::cluster::apply::Conflicts;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::ui::Ui;
use crate::work::losses::Acceptance;
use crate::work::step_check::{Loader, Origin, reported};

/// The changes that the user permits.
#[derive(Debug, Clone)]
pub(crate) struct Permissions {
    /// Whether an existing flow may be changed, which restarts it.
    pub(crate) change: bool,
    /// Whether the namespace may be created if it is missing.
    pub(crate) create_namespace: bool,
    /// Whether fields that another field manager owns are taken over.
    pub(crate) take_over: bool,
    /// The user's acceptance of a loss of state.
    pub(crate) loss: Acceptance,
}

/// A flow in the cluster after its deployment.
#[derive(Debug)]
pub(crate) struct Deployed {
    /// What the deployment did.
    pub(crate) effect: Effect,
    /// The Dataflow.
    pub(crate) object: DynamicObject,
    /// Its namespace.
    pub(crate) namespace: String,
}

/// What a deployment did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// The flow was up to date.
    Unchanged,
    /// The flow is new.
    Created,
    /// The flow was changed.
    Configured,
}

/// Returns the objects that would be applied, including the namespace if it is missing. Without a cluster it prints a
/// warning.
///
/// # Errors
/// The user pressed Ctrl-C.
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

/// Returns the objects that the cluster would store, without storing them.
///
/// # Errors
/// The cluster refuses, for example because the namespace is missing.
pub(crate) fn dry_run_on_server(
    rendered: &Rendered,
    take_over: bool,
    access: &Access,
) -> Result<Vec<DynamicObject>, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        let session = match rendered.namespace() {
            Some(namespace) => session.in_namespace(namespace),
            None => session,
        };
        let deployment = Deployment::new(rendered, session.namespace());
        would_apply(&session, &deployment, Conflicts::from_flag(take_over)).await
    })
}

/// Returns the objects of a deployment as the cluster would store them, the Dataflow last.
///
/// # Errors
/// The cluster refuses.
pub(super) async fn would_apply(
    session: &Session,
    deployment: &Deployment,
    conflicts: Conflicts,
) -> Result<Vec<DynamicObject>, CommandError> {
    let code = deployment.code.as_ref().map(dynamic);
    let mut objects = Vec::new();
    for object in code.into_iter().chain([dynamic(&deployment.dataflow)]) {
        objects.push(session.would_apply(&object, conflicts).await?);
    }
    Ok(objects)
}

/// Deploys a flow.
///
/// # Errors
/// The flow exists and may not be changed, it would lose state, the namespace is missing, or the cluster refuses.
pub(crate) fn deploy(
    rendered: Rendered,
    origin: Origin<'_>,
    may: &Permissions,
    access: &Access,
    ui: &mut Ui,
) -> Result<Deployed, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        let session = match rendered.namespace() {
            Some(namespace) => session.in_namespace(namespace),
            None => session,
        };
        let (effect, object) = deploy_into(&session, rendered, origin, may, ui).await?;
        Ok(Deployed {
            effect,
            object,
            namespace: session.namespace().to_owned(),
        })
    })
}

/// Returns the namespace of a deployment, whether it exists, and a warning if the cluster did not respond.
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
                "cannot check the namespace in the cluster: {}",
                error.message
            );
            let namespace = rendered.namespace().unwrap_or("default");
            (namespace.to_owned(), namespace == "default", Some(warning))
        }
    }
}

async fn deploy_into(
    session: &Session,
    mut rendered: Rendered,
    origin: Origin<'_>,
    may: &Permissions,
    ui: &mut Ui,
) -> Result<(Effect, DynamicObject), CommandError> {
    let name = rendered.name().to_owned();
    let namespace = session.namespace();
    if let Some(existing) = session.dataflow(&name).await? {
        let old_code = code_of(session, &existing).await?;
        let changed = what_changes(&existing, old_code.as_ref(), &rendered);
        if changed.is_empty() {
            return Ok((Effect::Unchanged, dynamic(&existing)));
        }
        let old = Rendered::as_written(&existing, old_code.unwrap_or_default());
        check_steps(
            session,
            Some((&existing, &old)),
            &mut rendered,
            origin,
            &may.loss,
            ui,
        )
        .await?;
        if !may.change {
            let error = CommandError::policy(format!(
                "dataflow `{name}` already exists in namespace `{namespace}` and was not changed"
            ));
            return Err(changed
                .iter()
                .fold(error, CommandError::because)
                .hint("pass `--yes` to change it"));
        }
        let deployment = Deployment::new(&rendered, namespace);
        let conflicts = Conflicts::from_flag(may.take_over);
        let object = apply(session, &deployment, Some(&existing), conflicts).await?;
        return Ok((Effect::Configured, object));
    }
    check_steps(session, None, &mut rendered, origin, &may.loss, ui).await?;
    let deployment = Deployment::new(&rendered, namespace);
    if !session.namespace_exists().await? {
        make_namespace(session, &deployment, may, ui).await?;
    }
    let conflicts = Conflicts::from_flag(may.take_over);
    let object = apply(session, &deployment, None, conflicts).await?;
    Ok((Effect::Created, object))
}

/// Refuses a loss of state, and a change that could not be checked. If the user accepts the loss, adds the recovery action
/// that requests it. Records the steps of the new version.
async fn check_steps(
    session: &Session,
    existing: Option<(&Dataflow, &Rendered)>,
    new: &mut Rendered,
    origin: Origin<'_>,
    acceptance: &Acceptance,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    let old = existing.map(|(_, old)| old);
    let kept = match old {
        Some(old) => reported(session, old, new).await,
        None => None,
    };
    let checked = Loader::default().compare_to_record(old, kept, new, origin)?;
    for warning in [
        checked.refuse_unchecked(new.name(), acceptance.unchecked)?,
        checked.record(new),
    ] {
        warning.iter().for_each(|warning| ui.warn(warning));
    }
    if checked.losses.is_empty() {
        return Ok(());
    }
    if !acceptance.accepted {
        let error = CommandError::policy(format!(
            "the change would lose state of dataflow `{}`",
            new.name()
        ));
        let losses = checked.losses.iter();
        return Err(losses
            .fold(error, CommandError::because)
            .hint("if you accept the loss, add `--accept-state-loss`"));
    }
    let live = existing.map(|(live, _)| live);
    if let Some(action) = acceptance.action_for(&checked.losses, live)?
        && let Some(recovery) = &mut new.dataflow.spec.recovery
    {
        recovery.action = Some(action);
    }
    Ok(())
}

async fn make_namespace(
    session: &Session,
    deployment: &Deployment,
    may: &Permissions,
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
    ui.tell(&format!("namespace/{namespace} created"))
}

/// Applies a flow with its code, to the version that was `shown` to the user if it exists, and returns the Dataflow.
///
/// Order: the code is applied first, under a new name, so that spec and code change in one write. Then the Dataflow
/// becomes the owner of the code, so that they are deleted together. Last, code that no spec names any more is deleted.
///
/// # Errors
/// The cluster refuses, or another client has changed the flow meanwhile.
pub(crate) async fn apply(
    session: &Session,
    deployment: &Deployment,
    shown: Option<&Dataflow>,
    conflicts: Conflicts,
) -> Result<DynamicObject, CommandError> {
    if let Some(shown) = shown {
        session.unchanged(shown).await?;
    }
    if let Some(code) = &deployment.code {
        session.apply(&dynamic(code), conflicts).await?;
    }
    let dataflow = &deployment.dataflow;
    let applied = match shown {
        Some(shown) => session.apply_to(shown, dataflow, conflicts).await?,
        None => session.apply(&dynamic(dataflow), conflicts).await?,
    };
    let Some(code) = deployment.owned_code(applied.metadata.uid.as_deref()) else {
        return Ok(applied);
    };
    session.apply(&dynamic(&code), conflicts).await?;
    for old in session.config_maps(&Deployment::code_selector()).await? {
        if is_obsolete(&old, &code) {
            session
                .delete_config_map(old.metadata.name.as_deref().unwrap_or_default())
                .await?;
        }
    }
    Ok(applied)
}

/// Returns the code of the flow in the cluster; `None` if its ConfigMap does not exist.
async fn code_of(session: &Session, existing: &Dataflow) -> Result<Option<Code>, CommandError> {
    let Some(source) = existing.spec.config_map_name.as_deref() else {
        return Ok(None);
    };
    let config_map = session.config_map(source).await?;
    Ok(config_map.as_ref().map(Code::from_config_map))
}

/// Returns the changes with their cost, without values: environment variables may be secret.
fn what_changes(existing: &Dataflow, old_code: Option<&Code>, rendered: &Rendered) -> Vec<String> {
    deployment::changes(existing, old_code.cloned(), rendered)
        .iter()
        .map(|change| format!("{} changes: {}", change.path, change.cost))
        .collect()
}
