//! One [`Step`] -> at most a few writes. Decides nothing.

mod backup_secret;
mod child;
mod precondition;
mod revision;
mod start;
mod status;
mod store;
mod write;

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use kube::{Client, ResourceExt};

pub(crate) use status::write_status;

use crate::decide::Step;
use crate::error::ReconcileError;
use crate::observe::View;
use crate::observed::{Version, Which};
use precondition::Precondition;
use revision::planned;

/// Does one step. The view's Dataflow is replaced by what the API server returned.
///
/// # Errors
///
/// Fails when something changed since it was observed, when the API server refuses, and when it does
/// not answer.
pub(crate) async fn act(
    view: &mut View,
    step: &Step,
    client: &Client,
) -> Result<(), ReconcileError> {
    Precondition::of(step).confirm(view, client).await?;
    let (namespace, name) = (view.namespace(), view.dataflow.name_any());
    match step {
        // Copies are made beside the passes.
        Step::Rest | Step::BackUp => Ok(()),
        Step::CreateCodeConfigMap(which) => {
            child::create_code_config_map(view, *which, client).await
        }
        Step::CreateRecord(which) => child::create_record(view, *which, client).await,
        Step::WriteHeadlessService(which, live) => {
            let service = planned(view, *which)?.headless_service;
            child::write_service(client, &namespace, service, live.as_ref()).await
        }
        Step::WriteApiService(which, live) => {
            let service = planned(view, *which)?.api_service;
            child::write_service(client, &namespace, service, live.as_ref()).await
        }
        Step::CreateProbe => {
            let probe = planned(view, Which::Target)?.probe_pod;
            write::create::<Pod>(client, &namespace, &probe).await
        }
        Step::DeleteProbe(name, version) => {
            write::delete::<Pod>(client, &namespace, name, version).await
        }
        Step::DeletePods(pods) => delete_pods(client, &namespace, pods).await,
        Step::Stop(set) => write::scale_to_zero(client, &namespace, &name, set).await,
        Step::Gate(set) => write::gate(client, &namespace, &name, set).await,
        Step::Start {
            which,
            set,
            dataflow,
            above,
            store,
        } => {
            let new = set.is_none();
            let number = start::draw(view, client, *which, new, dataflow, *above).await?;
            start::put_gang(view, client, *which, set.as_ref(), number, store.clone()).await
        }
        Step::Store(which, step) => store::act(view, client, *which, step).await,
        Step::RemoveSet(set) => write::delete::<StatefulSet>(client, &namespace, &name, set).await,
        Step::Complete(done) => {
            let version = view.observed.dataflow.clone();
            status::note(view, client, &version, |status| {
                status.completed = Some(done.clone());
            })
            .await
        }
        Step::Drop(surplus) => child::drop_surplus(client, &namespace, surplus).await,
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
