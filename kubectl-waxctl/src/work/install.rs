//! Applies the manifests of the operator and waits for it.

use std::time::Duration;

use gitops::manifests::{Installation, OPERATOR, objects};
use gitops::object::describe;
use k8s_openapi::api::core::v1::Pod;
use kube::api::DynamicObject;

use crate::access::Access;
use crate::cluster::apply::Conflicts;
use crate::cluster::explain::ClusterError;
use crate::cluster::{Session, block_on};
use crate::dry_run::DryRun;
use crate::duration::shown;
use crate::error::CommandError;
use crate::logs::track::waiting_reason;
use crate::ui::Ui;

/// How the manifests are applied.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Application {
    /// What happens to fields of other field managers.
    pub(crate) conflicts: Conflicts,
    /// The time limit for the operator to become ready, from the moment at which all objects are applied. With zero it is
    /// checked once.
    pub(crate) timeout: Duration,
    /// Whether the manifests are only shown or checked.
    pub(crate) dry_run: DryRun,
}

/// Applies the manifests of the operator, waits until it is ready, and returns the objects. Without a namespace in
/// `wanted` it uses that of the context.
///
/// # Errors
/// The namespace is missing, the cluster refuses, or the operator is not ready in time.
pub(crate) fn install(
    mut wanted: Installation,
    how: &Application,
    access: &Access,
    ui: &mut Ui,
) -> Result<Vec<DynamicObject>, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        if wanted.namespace.is_empty() {
            session.namespace().clone_into(&mut wanted.namespace);
        }
        let objects = manifests(&wanted)?;
        let namespace = &wanted.namespace;
        let session = session.in_namespace(namespace);
        if !wanted.all_namespaces && !session.namespace_exists().await? {
            return Err(
                CommandError::failure(format!("namespace `{namespace}` does not exist"))
                    .hint(format!("kubectl create namespace {namespace}")),
            );
        }
        if how.dry_run.is_on() {
            return dry_run(&session, &objects, how, ui).await;
        }
        let applied = apply(&session, &objects, how, ui).await?;
        until_ready(&session, how.timeout, ui).await?;
        Ok(applied)
    })
}

/// Returns the objects of an installation.
///
/// # Errors
/// The embedded manifests cannot be read.
pub(crate) fn manifests(wanted: &Installation) -> Result<Vec<DynamicObject>, CommandError> {
    objects(wanted)
        .map_err(|error| CommandError::failure("cannot read the embedded manifests").chain(&error))
}

/// Applies the objects one after the other.
async fn apply(
    session: &Session,
    objects: &[DynamicObject],
    how: &Application,
    ui: &mut Ui,
) -> Result<Vec<DynamicObject>, CommandError> {
    let mut all = Vec::with_capacity(objects.len());
    for object in objects {
        let before = session.current(object).await?;
        let applied = session
            .apply(object, how.conflicts)
            .await
            .map_err(refused)?;
        all.push(applied.clone());
        ui.tell(&format!("{} {}", describe(object), effect(before, applied)))?;
        if kind(object) == "CustomResourceDefinition" && !how.timeout.is_zero() {
            let name = object.metadata.name.as_deref().unwrap_or_default();
            match tokio::time::timeout(how.timeout, session.served(name)).await {
                Ok(served) => served?,
                Err(_) => return Err(late(session, how.timeout).await),
            }
        }
    }
    Ok(all)
}

/// Waits until the operator is ready. With a timeout of zero it looks once.
async fn until_ready(
    session: &Session,
    timeout: Duration,
    ui: &mut Ui,
) -> Result<(), CommandError> {
    if timeout.is_zero() {
        if !session.is_rolled_out(OPERATOR).await? {
            return Err(late(session, timeout).await);
        }
    } else {
        ui.progress("waiting for the operator");
        match tokio::time::timeout(timeout, session.rolled_out(OPERATOR)).await {
            Ok(ready) => ready?,
            Err(_) => return Err(late(session, timeout).await),
        }
        ui.progress_done();
    }
    ui.say(&format!(
        "The operator is ready in namespace `{}`.",
        session.namespace()
    ));
    Ok(())
}

/// Shows what would be applied, and lets the API server check it if it is asked to. Returns what would be there.
async fn dry_run(
    session: &Session,
    objects: &[DynamicObject],
    how: &Application,
    ui: &mut Ui,
) -> Result<Vec<DynamicObject>, CommandError> {
    let mut all = Vec::with_capacity(objects.len());
    // A dry run creates no namespace, so the API server would refuse what is in one that is missing.
    let mut missing = None;
    for object in objects {
        let before = session.current(object).await?;
        if kind(object) == "Namespace" && before.is_none() {
            missing.clone_from(&object.metadata.name);
        }
        let unchecked = missing.is_some() && object.metadata.namespace == missing;
        let (wanted, what) = match (how.dry_run, before) {
            (DryRun::Server, before) if !unchecked => {
                let wanted = session
                    .would_apply(object, how.conflicts)
                    .await
                    .map_err(refused)?;
                let what = effect(before, wanted.clone());
                (wanted, how.dry_run.mark(what))
            }
            (_, None) => (object.clone(), DryRun::Client.mark("created")),
            // Only the API server knows whether it would change.
            (_, Some(_)) => (object.clone(), DryRun::Client.mark("applied")),
        };
        ui.tell(&format!("{} {what}", describe(object)))?;
        all.push(wanted);
    }
    if let Some(missing) = missing.filter(|_| how.dry_run == DryRun::Server) {
        ui.warn(&format!(
            "the API server could not check what is in namespace `{missing}`, which does not exist yet"
        ));
    }
    Ok(all)
}

/// Returns the kind of an object.
pub(super) fn kind(object: &DynamicObject) -> &str {
    object
        .types
        .as_ref()
        .map_or("", |types| types.kind.as_str())
}

/// Returns what applying an object did, in the words of kubectl.
fn effect(before: Option<DynamicObject>, after: DynamicObject) -> &'static str {
    let after = written(after);
    match before.map(written) {
        None => "created",
        Some(before) if before == after => "unchanged",
        Some(_) => "configured",
    }
}

/// Replaces the hints about a conflict of field managers: they are about flows.
fn refused(error: ClusterError) -> CommandError {
    let mut command = CommandError::from(error);
    let conflict = |hint: &String| hint.contains("--force-conflicts");
    if command.hints.iter().any(conflict) {
        command.hints.clear();
        return command
            .hint("change it where the field manager takes it from; `waxctl install --export` prints the manifests")
            .hint("or take over the fields with `--force-conflicts`");
    }
    command
}

/// Returns the part of an object that users write, for comparisons. The resourceVersion is removed, too: it changes
/// with the status, which controllers write at any moment.
fn written(mut object: DynamicObject) -> DynamicObject {
    object.metadata.resource_version = None;
    object.metadata.managed_fields = None;
    if let Some(fields) = object.data.as_object_mut() {
        fields.remove("status");
    }
    object
}

/// Returns the error for a timeout, with the state of the operator's pods.
async fn late(session: &Session, timeout: Duration) -> CommandError {
    let namespace = session.namespace();
    let error = CommandError::timeout(match timeout.is_zero() {
        true => "the operator is not ready yet".to_owned(),
        false => format!("the operator was not ready within {}", shown(timeout)),
    });
    let pods = session
        .pods(&format!("app.kubernetes.io/name={OPERATOR}"))
        .await
        .unwrap_or_default();
    let error = pods
        .iter()
        .fold(error, |error, pod| error.because(pod_problem(pod)));
    error
        .hint(format!(
            "kubectl describe pods -n {namespace} -l app.kubernetes.io/name={OPERATOR}"
        ))
        .hint(format!("kubectl logs -n {namespace} deployment/{OPERATOR}"))
}

/// Describes why a pod of the operator is not ready.
fn pod_problem(pod: &Pod) -> String {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let statuses = pod
        .status
        .iter()
        .flat_map(|status| &status.container_statuses)
        .flatten();
    let restarts: i32 = statuses.map(|status| status.restart_count).sum();
    let reason = waiting_reason(pod);
    if restarts > 0 {
        format!("pod `{name}`: {reason}, restarted {restarts} times")
    } else {
        format!("pod `{name}`: {reason}, not ready")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::no_image(json!({ "waiting": { "reason": "ErrImagePull" } }), 0, "pod `x`: ErrImagePull, not ready")]
    #[case::crashing(json!({ "terminated": { "exitCode": 1 } }), 3, "pod `x`: Running, restarted 3 times")]
    #[case::silent(json!({ "running": {} }), 0, "pod `x`: Running, not ready")]
    fn operator_pod_problem_is_summarized(
        #[case] state: serde_json::Value,
        #[case] restarts: i32,
        #[case] expected: &str,
    ) {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": { "name": "x" },
            "status": { "phase": "Running", "containerStatuses": [{
                "name": "operator", "image": "", "imageID": "", "ready": false,
                "restartCount": restarts, "state": state,
            }] },
        }))
        .unwrap();
        assert_eq!(pod_problem(&pod), expected);
    }
}
