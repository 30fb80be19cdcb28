//! One [`Step`] -> at most a few writes. Decides nothing.

mod draw;
mod keys;
mod store;
mod write;

use std::sync::Arc;

use dataflow::code::Code;
use dataflow::label;
use dataflow::plan::{self, Plan, Store};
use dataflow::spec::Dataflow;
use dataflow::status::Completed;
pub use draw::write_status;
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};
use k8s_openapi::api::core::v1::{ConfigMap, Pod, Service};
use kube::{Api, Client, ResourceExt};

use crate::decide::{Step, Which};
use crate::error::ReconcileError;
use crate::observe::{self, Prepared, View};
use crate::observed::{Completion, Surplus, SurplusKind, Version};

/// Does one step. The view's Dataflow is replaced by what the API server returned.
///
/// # Errors
///
/// Fails when something changed since it was observed, or when the API server refuses.
pub async fn act(view: &mut View, step: &Step, client: &Client) -> Result<(), ReconcileError> {
    let namespace = view.namespace();
    match step {
        // Questions are answered before a step is acted on; copies are made beside the passes.
        Step::Rest
        | Step::BackUp
        | Step::ListPods
        | Step::AskAgents
        | Step::AskStore
        | Step::AskBackups
        | Step::AskResumption
        | Step::ReadInspection(_) => Ok(()),
        Step::CreateSnapshot(which) => create_snapshot(view, *which, client).await,
        Step::CreateRecord(which) => create_record(view, *which, client).await,
        Step::WriteHeadlessService(which, live) => {
            let service = planned(view, *which)?.headless_service;
            write_service(client, &namespace, service, live.as_ref()).await
        }
        Step::WriteApiService(which, live) => {
            let service = planned(view, *which)?.api_service;
            write_service(client, &namespace, service, live.as_ref()).await
        }
        Step::CreateProbe => {
            let probe = planned(view, Which::Target)?.probe_pod;
            write::create::<Pod>(client, &namespace, &probe).await
        }
        Step::DeleteProbe(name, version) => {
            // What a probe found is written nowhere else, so an old view must not remove it.
            confirm_unchanged(view, client).await?;
            write::delete::<Pod>(client, &namespace, name, version).await
        }
        Step::DeletePods(pods) => delete_pods(client, &namespace, pods).await,
        Step::Stop(set) => {
            confirm_unchanged(view, client).await?;
            write::scale_to_zero(client, &namespace, &view.dataflow.name_any(), set).await
        }
        Step::Gate(set) => write::gate(client, &namespace, &view.dataflow.name_any(), set).await,
        Step::Start {
            which,
            set,
            dataflow,
            above,
            store,
        } => {
            let number = draw_start(view, client, *which, set.is_none(), dataflow, *above).await?;
            put_gang(view, client, *which, set.as_ref(), number, store.clone()).await
        }
        Step::Store(which, step) => store::act(view, client, *which, step).await,
        Step::RemoveSet(set) => {
            write::delete::<StatefulSet>(client, &namespace, &view.dataflow.name_any(), set).await
        }
        Step::Complete(done) => complete(view, client, done).await,
        Step::Drop(surplus) => drop_surplus(client, &namespace, surplus).await,
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

async fn drop_surplus(
    client: &Client,
    namespace: &str,
    surplus: &Surplus,
) -> Result<(), ReconcileError> {
    let Surplus {
        kind,
        name,
        version,
    } = surplus;
    match kind {
        SurplusKind::Record => {
            write::delete::<ControllerRevision>(client, namespace, name, version).await
        }
        SurplusKind::Snapshot => write::delete::<ConfigMap>(client, namespace, name, version).await,
    }
}

/// The children of a revision, for those that do not hang on a start number.
fn planned(view: &View, which: Which) -> Result<Plan, ReconcileError> {
    Ok(prepared(view, which)?.plan(&view.namespace(), &owner(view), 0, None))
}

async fn create_snapshot(view: &View, which: Which, client: &Client) -> Result<(), ReconcileError> {
    let namespace = view.namespace();
    let Prepared {
        validated,
        code_hash,
        ..
    } = match view.target.as_ref() {
        // The code of an older revision is only ever found under the name the spec has now.
        Some(target) if which == Which::Running => target,
        Some(_) | None => prepared(view, which)?,
    };
    let source = observe::read_source(client, &namespace, &validated.config_map)
        .await
        .map_err(ReconcileError::api("read the ConfigMap with the code"))?
        .ok_or(ReconcileError::SourceChanged)?;
    let code = Code::from_config_map(&source);
    if code.hash() != *code_hash || prepared(view, which)?.code_hash != *code_hash {
        return Err(ReconcileError::SourceChanged);
    }
    let snapshot = plan::snapshot(&validated.name, &code, &namespace, uid(view).as_deref());
    write::create::<ConfigMap>(client, &namespace, &snapshot).await
}

async fn create_record(view: &View, which: Which, client: &Client) -> Result<(), ReconcileError> {
    let namespace = view.namespace();
    let prepared = prepared(view, which)?;
    let record = plan::revision_record(
        prepared.name(),
        &prepared.record(),
        view.next_record,
        &namespace,
        uid(view).as_deref(),
    );
    write::create::<ControllerRevision>(client, &namespace, &record).await
}

async fn write_service(
    client: &Client,
    namespace: &str,
    mut service: Service,
    live: Option<&Version>,
) -> Result<(), ReconcileError> {
    let Some(live) = live else {
        return write::create(client, namespace, &service).await;
    };
    write::pin(&mut service.metadata, live);
    write::replace(client, namespace, &service).await
}

/// Looks once more, past the cache, before something is stopped or forgotten.
///
/// The write itself is guarded by the object's own identity. This look spares what an old view of
/// the spec would cause: an outage, or a refused revision that is started untried; the safety of
/// a gang does not depend on it.
async fn confirm_unchanged(view: &View, client: &Client) -> Result<(), ReconcileError> {
    let api: Api<Dataflow> = Api::namespaced(client.clone(), &view.namespace());
    let live = api
        .get_metadata(&view.dataflow.name_any())
        .await
        .map_err(ReconcileError::api("read the Dataflow"))?;
    let seen = &view.dataflow;
    let same = live.metadata.uid == seen.metadata.uid
        && live.metadata.generation == seen.metadata.generation
        && live.annotations().get(label::RESTARTED_AT)
            == seen.annotations().get(label::RESTARTED_AT);
    if same {
        Ok(())
    } else {
        Err(ReconcileError::Conflict)
    }
}

/// Draws a start number.
async fn draw_start(
    view: &mut View,
    client: &Client,
    which: Which,
    new: bool,
    dataflow: &Version,
    above: i64,
) -> Result<i64, ReconcileError> {
    let number = above + 1;
    if new {
        // Before a number is drawn for nothing.
        let gang = planned(view, which)?.stateful_set;
        write::confirm_free_or_ours(client, &view.namespace(), &gang).await?;
    }
    let status = view.dataflow.status.clone().unwrap_or_default();
    let drawn = dataflow::status::DataflowStatus {
        start: Some(number),
        ..status
    };
    view.dataflow = Arc::new(draw::write_status(client, &view.dataflow, dataflow, drawn).await?);
    Ok(number)
}

/// Writes template and size in one write.
async fn put_gang(
    view: &View,
    client: &Client,
    which: Which,
    set: Option<&Version>,
    number: i64,
    store: Option<Store>,
) -> Result<(), ReconcileError> {
    let namespace = view.namespace();
    let prepared = prepared(view, which)?;
    keys::put(view, client, prepared).await?;
    let plan = prepared.plan(&namespace, &owner(view), number, store);
    let mut gang = plan.stateful_set;
    match set {
        None => write::create::<StatefulSet>(client, &namespace, &gang).await,
        Some(version) => {
            write::pin(&mut gang.metadata, version);
            write::replace::<StatefulSet>(client, &namespace, &gang).await
        }
    }
}

async fn complete(
    view: &mut View,
    client: &Client,
    done: &Completion,
) -> Result<(), ReconcileError> {
    let Completion {
        revision,
        restarted_at,
    } = done.clone();
    let status = view.dataflow.status.clone().unwrap_or_default();
    let noted = dataflow::status::DataflowStatus {
        completed: Some(Completed {
            revision,
            restarted_at,
        }),
        ..status
    };
    let version = view.observed.dataflow.clone();
    view.dataflow = Arc::new(draw::write_status(client, &view.dataflow, &version, noted).await?);
    Ok(())
}

fn prepared(view: &View, which: Which) -> Result<&Prepared, ReconcileError> {
    // A step names only what was observed; were it gone, the next pass would decide anew.
    view.prepared(which).ok_or(ReconcileError::Conflict)
}

fn uid(view: &View) -> Option<String> {
    view.dataflow.metadata.uid.clone()
}

fn owner(view: &View) -> String {
    uid(view).unwrap_or_default()
}
