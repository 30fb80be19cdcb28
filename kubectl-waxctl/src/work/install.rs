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
use crate::error::CommandError;
use crate::logs::track::waiting_reason;
use crate::ui::Ui;

/// Applies the manifests of the operator, waits until it is ready, and returns the objects. Without a namespace in
/// `wanted` it uses that of the context.
///
/// # Errors
/// The namespace is missing, the cluster refuses, or the operator is not ready in time.
pub(crate) fn install(
    mut wanted: Installation,
    conflicts: Conflicts,
    timeout: Duration,
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
        match tokio::time::timeout(timeout, apply(&session, &objects, conflicts, ui)).await {
            Ok(result) => result,
            Err(_) => Err(late(&session, timeout).await),
        }
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

/// Applies the objects one after the other and waits until the operator is ready.
async fn apply(
    session: &Session,
    objects: &[DynamicObject],
    conflicts: Conflicts,
    ui: &mut Ui,
) -> Result<Vec<DynamicObject>, CommandError> {
    let mut all = Vec::with_capacity(objects.len());
    for object in objects {
        let before = session.current(object).await?;
        let applied = session.apply(object, conflicts).await.map_err(refused)?;
        all.push(applied.clone());
        let after = written(applied);
        let what = match before.map(written) {
            None => "created",
            Some(before) if before == after => "unchanged",
            Some(_) => "configured",
        };
        ui.tell(&format!("{} {what}", describe(object)))?;
        if object
            .types
            .as_ref()
            .is_some_and(|types| types.kind == "CustomResourceDefinition")
        {
            session
                .served(object.metadata.name.as_deref().unwrap_or_default())
                .await?;
        }
    }
    ui.progress("waiting for the operator");
    session.rolled_out(OPERATOR).await?;
    ui.progress_done();
    ui.say(&format!(
        "The operator is ready in namespace `{}`.",
        session.namespace()
    ));
    Ok(all)
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
    let error = CommandError::timeout(format!("the operator was not ready within {timeout:?}"));
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
