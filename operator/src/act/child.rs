//! The children that a gang needs besides its `StatefulSet`.

use dataflow::code::Code;
use dataflow::plan;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use kube::Client;

use super::revision::prepared;
use super::write;
use crate::error::{Call, ReconcileError};
use crate::observe::{self, Prepared, View};
use crate::observed::{Surplus, SurplusKind, Version, Which};

/// Writes the immutable copy of the code.
pub(super) async fn create_code_config_map(
    view: &View,
    which: Which,
    client: &Client,
) -> Result<(), ReconcileError> {
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
        .map_err(ReconcileError::api(
            Call::Read,
            "read the ConfigMap with the code",
        ))?
        .ok_or(ReconcileError::SourceChanged)?;
    let code = Code::from_config_map(&source);
    if code.hash() != *code_hash || prepared(view, which)?.code_hash != *code_hash {
        return Err(ReconcileError::SourceChanged);
    }
    let uid = view.dataflow.metadata.uid.as_deref();
    let code_config_map = plan::code_config_map(&validated.name, &code, &namespace, uid);
    write::create::<ConfigMap>(client, &namespace, &code_config_map).await
}

/// Writes the `ControllerRevision`.
pub(super) async fn create_record(
    view: &View,
    which: Which,
    client: &Client,
) -> Result<(), ReconcileError> {
    let namespace = view.namespace();
    let prepared = prepared(view, which)?;
    let record = plan::revision_record(
        prepared.name(),
        &prepared.record(),
        view.next_record,
        &namespace,
        view.dataflow.metadata.uid.as_deref(),
    );
    write::create::<ControllerRevision>(client, &namespace, &record).await
}

/// Creates a Service, or corrects the one there is.
pub(super) async fn write_service(
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

/// Deletes what nothing needs.
pub(super) async fn drop_surplus(
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
        SurplusKind::CodeConfigMap => {
            write::delete::<ConfigMap>(client, namespace, name, version).await
        }
    }
}
