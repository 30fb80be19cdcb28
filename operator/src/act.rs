//! Carries out one [`Operation`] with at most a few writes to the API server. Makes no decisions.

mod backup_secret;
mod child;
mod precondition;
mod recovery;
mod revision;
mod start;
mod status;
mod write;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use kube::{Client, ResourceExt};

pub(crate) use status::write_status;

use crate::decide::Operation;
use crate::error::ReconcileError;
use crate::observe::View;
use crate::observed::{RevisionRef, Version};
use precondition::Precondition;
use revision::planned;

/// Carries out one operation. After a status write, the view contains the Dataflow that the API server
/// returned.
///
/// # Errors
///
/// Fails if an object changed since it was observed, or if the API server rejects a request or does not
/// answer.
pub(crate) async fn act(
    view: &mut View,
    operation: &Operation,
    client: &Client,
) -> Result<(), ReconcileError> {
    Precondition::for_operation(operation)
        .confirm(view, client)
        .await?;
    let (namespace, name) = (view.namespace(), view.dataflow.name_any());
    match operation {
        // The last backup runs in a task of its own, outside of the reconcile.
        Operation::None | Operation::BackUp => Ok(()),
        Operation::CreateCodeConfigMap(which) => {
            child::create_code_config_map(view, *which, client).await
        }
        Operation::CreateRecord(which) => child::create_record(view, *which, client).await,
        Operation::WriteHeadlessService(which, live) => {
            let service = planned(view, *which)?.headless_service;
            child::write_service(client, &namespace, service, live.as_ref()).await
        }
        Operation::WriteApiService(which, live) => {
            let service = planned(view, *which)?.api_service;
            child::write_service(client, &namespace, service, live.as_ref()).await
        }
        Operation::CreateProbe => {
            let probe = planned(view, RevisionRef::Target)?.probe_pod;
            write::create::<Pod>(client, &namespace, &probe).await
        }
        Operation::DeleteProbe(name, version) => {
            write::delete::<Pod>(client, &namespace, name, version).await
        }
        Operation::DeletePods(pods) => delete_pods(client, &namespace, pods).await,
        Operation::Stop(set) => write::scale_to_zero(client, &namespace, &name, set).await,
        Operation::Gate(set) => write::gate(client, &namespace, &name, set).await,
        Operation::Start {
            which,
            set,
            dataflow,
            above,
            store,
        } => {
            let new = set.is_none();
            let number =
                start::allocate_start_number(view, client, *which, new, dataflow, *above).await?;
            start::write_gang(view, client, *which, set.as_ref(), number, store.clone()).await
        }
        Operation::Store(which, operation) => recovery::act(view, client, *which, operation).await,
        Operation::RemoveSet(set) => {
            write::delete::<StatefulSet>(client, &namespace, &name, set).await
        }
        Operation::Complete(done) => {
            let version = view.observed.dataflow.clone();
            status::change(view, client, &version, |status| {
                status.completed = Some(done.clone());
            })
            .await
        }
        Operation::DeleteObsolete(obsolete) => {
            child::delete_obsolete(client, &namespace, obsolete).await
        }
    }
}

async fn delete_pods(
    client: &Client,
    namespace: &str,
    pods: &[(String, Version)],
) -> Result<(), ReconcileError> {
    for (name, version) in pods {
        write::delete::<Pod>(client, namespace, name, version).await?;
    }
    Ok(())
}
