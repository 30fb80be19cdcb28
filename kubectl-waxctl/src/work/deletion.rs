//! Deletes a Dataflow without its state, and reports what remains.

use dataflow::phase::phase;
use dataflow::{Dataflow, DataflowName, label};
use gitops::object::dynamic;
use gitops::ownership::is_managed_by_git;
use gitops::volumes::Volumes;
use kube::api::{DynamicObject, PropagationPolicy};

use crate::access::Access;
use crate::cluster::{Session, block_on};
use crate::dry_run::DryRun;
use crate::error::CommandError;

/// A Dataflow that was deleted, or would be.
#[derive(Debug)]
pub(crate) struct Deleted {
    /// Its last state.
    pub(crate) object: DynamicObject,
    /// Its namespace.
    pub(crate) namespace: String,
    /// Whether it is managed from git, so that the GitOps controller creates it again.
    pub(crate) kept_by_git: bool,
    /// A message about the code that remains.
    pub(crate) code: Option<String>,
    /// A message about the recovery volumes that remain.
    pub(crate) volumes: Option<String>,
}

/// Deletes a Dataflow if `confirmed` is set, else returns an error that describes it. A dry run needs no confirmation.
///
/// # Errors
/// There is no such Dataflow, the deletion is not confirmed, or the cluster refuses.
pub(crate) fn delete(
    name: &str,
    confirmed: bool,
    dry_run: DryRun,
    access: &Access,
) -> Result<Deleted, CommandError> {
    block_on(async {
        let session = Session::connect(access).await?;
        let Some(dataflow) = session.dataflow(name).await? else {
            return Err(session.absent(name).await);
        };
        let namespace = session.namespace().to_owned();
        let found = describe(name, &namespace, &dataflow);
        if !confirmed && !dry_run.is_on() {
            return Err(
                CommandError::policy(format!("nothing was deleted: {found}"))
                    .because("deleting it stops its processes; pass `--yes` to delete it")
                    .hint(format!("waxctl df delete {name} -n {namespace} --yes")),
            );
        }
        let uid = dataflow.metadata.uid.as_deref().unwrap_or_default();
        let code = code_that_remains(&session, &dataflow).await;
        let volumes = volumes_that_remain(&session, &dataflow).await;
        let policy = PropagationPolicy::Background;
        if dry_run != DryRun::Client {
            let checked = dry_run.is_on();
            session.delete_dataflow(name, uid, policy, checked).await?;
        }
        Ok(Deleted {
            object: dynamic(&dataflow),
            namespace,
            kept_by_git: is_managed_by_git(&dataflow),
            code,
            volumes,
        })
    })
}

/// Describes the Dataflow in one line.
pub(super) fn describe(name: &str, namespace: &str, dataflow: &Dataflow) -> String {
    let processes = dataflow
        .status
        .as_ref()
        .and_then(|status| status.processes.as_ref());
    let processes = processes.map_or("0", |processes| processes.summary.as_str());
    let phase = phase(dataflow);
    format!("dataflow `{name}` in namespace `{namespace}` ({phase}, processes ready: {processes})")
}

/// Returns the message about the code that remains; `None` if the user may not read the ConfigMap.
async fn code_that_remains(session: &Session, dataflow: &Dataflow) -> Option<String> {
    let uid = dataflow.metadata.uid.as_deref();
    let source = dataflow.spec.config_map_name.as_deref();
    let source = source.filter(|name| !name.is_empty())?;
    let config_map = session.config_map(source).await.ok()??;
    let mut owners = config_map.metadata.owner_references.iter().flatten();
    if owners.any(|owner| Some(owner.uid.as_str()) == uid) {
        return None;
    }
    let mut labels = config_map.metadata.labels.iter().flatten();
    let manager = labels.find(|(key, _)| key.as_str() == label::MANAGED_BY);
    let manager = manager.map_or(String::new(), |(_, value)| format!(" (managed by {value})"));
    Some(format!("The code remains in configmap/{source}{manager}."))
}

/// Returns the message about the recovery volumes that remain; `None` if the user may not list the PVCs.
async fn volumes_that_remain(session: &Session, dataflow: &Dataflow) -> Option<String> {
    let name = DataflowName::try_from(dataflow.metadata.name.as_deref()?).ok()?;
    let claims = session.store_claims(&name).await.ok()?;
    let status = dataflow.status.as_ref();
    let ledger = status.and_then(|status| status.recovery.as_ref());
    let volumes = Volumes::classify(&name, ledger, &claims).own;
    let volumes: Vec<String> = volumes
        .iter()
        .map(|volume| format!("{} ({})", volume.name, volume.size))
        .collect();
    (!volumes.is_empty()).then(|| {
        format!(
            "Its state remains on {}; a new dataflow of this name continues with it.",
            volumes.join(", ")
        )
    })
}
