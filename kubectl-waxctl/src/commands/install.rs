//! `install`: the CRD and the operator.

use std::time::Duration;

use clap::Args;
use k8s_openapi::api::core::v1::Pod;
use kube::api::DynamicObject;

use crate::cli::GlobalArgs;
use crate::cluster::apply::{Conflicts, describe};
use crate::cluster::session::duration;
use crate::cluster::{Session, block_on};
use crate::error::CommandError;
use crate::logs::track::waiting_reason;
use crate::manifests::{Installation, OPERATOR, SYSTEM_NAMESPACE, objects};
use crate::ui::Ui;

/// Install the operator and what it needs
///
/// Without --all-namespaces the operator looks after its own namespace only and gets no right outside of it; only the
/// definition of the Dataflow resource itself belongs to the whole cluster. Running this again updates what is there.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  # for one namespace
  waxctl install -n team-a

  # for the whole cluster
  waxctl install --all-namespaces

  # print the manifests instead, to keep them in git
  waxctl install --all-namespaces --export")]
pub struct InstallArgs {
    /// Look after the dataflows of all namespaces
    #[arg(short = 'A', long)]
    pub all_namespaces: bool,
    /// Image of the operator
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// Image of the agent that goes into every pod
    #[arg(long, value_name = "IMAGE")]
    pub agent_image: Option<String>,
    /// Print the manifests and ask no cluster
    #[arg(long)]
    pub export: bool,
    /// How long to wait for the operator, such as 90s
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = parse_duration)]
    pub timeout: Duration,
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    duration(text).ok_or_else(|| "write a duration such as 30s or 5m".to_owned())
}

/// Applies the manifests and waits for the operator, or prints them.
///
/// # Errors
/// The cluster refuses, or the operator does not come up.
pub fn run(args: &InstallArgs, global: &GlobalArgs, ui: &mut Ui) -> Result<(), CommandError> {
    let asked = match (&global.namespace, args.all_namespaces) {
        (Some(namespace), _) => Some(namespace.clone()),
        (None, true) => Some(SYSTEM_NAMESPACE.to_owned()),
        (None, false) => None,
    };
    if args.export {
        let namespace = asked.unwrap_or_else(|| "default".to_owned());
        return export(&manifests(args, namespace)?, ui);
    }
    block_on(async {
        let session = Session::connect(global).await?;
        let namespace = asked.unwrap_or_else(|| session.namespace().to_owned());
        let objects = manifests(args, namespace.clone())?;
        let session = session.in_namespace(&namespace);
        if !args.all_namespaces && !session.namespace_exists().await? {
            return Err(
                CommandError::failure(format!("namespace `{namespace}` does not exist"))
                    .hint(format!("kubectl create namespace {namespace}")),
            );
        }
        match tokio::time::timeout(args.timeout, install(&session, &objects, ui)).await {
            Ok(result) => result,
            Err(_) => Err(late(&session, args.timeout).await),
        }
    })
}

fn manifests(args: &InstallArgs, namespace: String) -> Result<Vec<DynamicObject>, CommandError> {
    let wanted = Installation {
        namespace,
        all_namespaces: args.all_namespaces,
        image: args.image.clone(),
        agent_image: args.agent_image.clone(),
    };
    objects(&wanted)
        .map_err(|error| CommandError::failure("cannot read the embedded manifests").chain(&error))
}

fn export(objects: &[DynamicObject], ui: &mut Ui) -> Result<(), CommandError> {
    for (index, object) in objects.iter().enumerate() {
        let text = dataflow::yaml::to_string(object)
            .map_err(|error| CommandError::failure("cannot write the manifests").chain(&error))?;
        let separator = if index == 0 { "" } else { "---\n" };
        ui.data(&format!("{separator}{text}"))?;
    }
    Ok(())
}

async fn install(
    session: &Session,
    objects: &[DynamicObject],
    ui: &mut Ui,
) -> Result<(), CommandError> {
    for object in objects {
        let before = session.current(object).await?;
        let after = written(session.apply(object, Conflicts::TakeOver).await?);
        let what = match before.map(written) {
            None => "created",
            Some(before) if before == after => "unchanged",
            Some(_) => "configured",
        };
        ui.line(&format!("{} {what}", describe(object)))?;
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
        "The operator is ready in namespace {}.",
        session.namespace()
    ));
    Ok(())
}

/// What people write of an object. The server counts versions up for every change of status too, which controllers make
/// at any moment.
fn written(mut object: DynamicObject) -> DynamicObject {
    object.metadata.resource_version = None;
    object.metadata.managed_fields = None;
    if let Some(fields) = object.data.as_object_mut() {
        fields.remove("status");
    }
    object
}

/// Why the operator is not there in time, as far as its pods say.
async fn late(session: &Session, timeout: Duration) -> CommandError {
    let namespace = session.namespace();
    let error = CommandError::timeout(format!("the operator was not ready within {timeout:?}"));
    let pods = session
        .pods(&format!("app.kubernetes.io/name={OPERATOR}"))
        .await
        .unwrap_or_default();
    let error = pods
        .iter()
        .fold(error, |error, pod| error.because(trouble(pod)));
    error
        .hint(format!(
            "kubectl describe pods -n {namespace} -l app.kubernetes.io/name={OPERATOR}"
        ))
        .hint(format!("kubectl logs -n {namespace} deployment/{OPERATOR}"))
}

/// What keeps a pod of the operator from being ready, in a few words.
fn trouble(pod: &Pod) -> String {
    let name = pod.metadata.name.as_deref().unwrap_or_default();
    let statuses = pod
        .status
        .iter()
        .flat_map(|status| &status.container_statuses)
        .flatten();
    let restarts: i32 = statuses.map(|status| status.restart_count).sum();
    let reason = waiting_reason(pod);
    if restarts > 0 {
        format!("pod {name}: {reason}, restarted {restarts} times")
    } else {
        format!("pod {name}: {reason}, not ready")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case::no_image(json!({ "waiting": { "reason": "ErrImagePull" } }), 0, "pod x: ErrImagePull, not ready")]
    #[case::crashing(json!({ "terminated": { "exitCode": 1 } }), 3, "pod x: Running, restarted 3 times")]
    #[case::silent(json!({ "running": {} }), 0, "pod x: Running, not ready")]
    fn the_operators_trouble_in_a_few_words(
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
        assert_eq!(trouble(&pod), expected);
    }
}
