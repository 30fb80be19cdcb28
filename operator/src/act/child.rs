//! Writes the children that a gang needs besides its `StatefulSet`.

use dataflow::code::Code;
use dataflow::{label, plan};
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::{ConfigMap, Service};
use kube::{Client, ResourceExt};

use super::revision::prepared;
use super::write;
use crate::error::{Call, ReconcileError};
use crate::observe::{self, Prepared, View};
use crate::observed::{Obsolete, ObsoleteKind, RevisionRef, Version};

/// Creates the code ConfigMap, an immutable copy of the user's ConfigMap.
///
/// Race: if the user's ConfigMap no longer contains the code that was observed, nothing is written.
pub(super) async fn create_code_config_map(
    view: &View,
    which: RevisionRef,
    client: &Client,
) -> Result<(), ReconcileError> {
    let namespace = view.namespace();
    let Prepared {
        validated,
        code_hash,
        ..
    } = match view.target.as_ref() {
        // The user's ConfigMap is known only by its name in the current spec, even for the code of
        // an older revision.
        Some(target) if which == RevisionRef::Running => target,
        Some(_) | None => prepared(view, which)?,
    };
    let Some(source) = &validated.config_map else {
        return Err(ReconcileError::SourceChanged);
    };
    let source = observe::read_source(client, &namespace, source)
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

/// Creates the `ControllerRevision` of a revision, with the Dataflow's record of its steps.
pub(super) async fn create_record(
    view: &View,
    which: RevisionRef,
    client: &Client,
) -> Result<(), ReconcileError> {
    let namespace = view.namespace();
    let prepared = prepared(view, which)?;
    let record = plan::revision_record(
        prepared.name(),
        &prepared.record(),
        view.next_record,
        view.dataflow.annotations().get(label::STEPS),
        &namespace,
        view.dataflow.metadata.uid.as_deref(),
    );
    write::create::<ControllerRevision>(client, &namespace, &record).await
}

/// Creates a Service, or replaces the existing one.
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

/// Deletes one obsolete child.
pub(super) async fn delete_obsolete(
    client: &Client,
    namespace: &str,
    obsolete: &Obsolete,
) -> Result<(), ReconcileError> {
    let Obsolete {
        kind,
        name,
        version,
    } = obsolete;
    match kind {
        ObsoleteKind::Record => {
            write::delete::<ControllerRevision>(client, namespace, name, version).await
        }
        ObsoleteKind::CodeConfigMap => {
            write::delete::<ConfigMap>(client, namespace, name, version).await
        }
    }
}
