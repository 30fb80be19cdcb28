//! Status writes that later operations rely on.
//!
//! Each is pinned to the version of the Dataflow that it was decided on. Its result is compared with the
//! written status, because a CRD that is too old drops fields without an error.

use std::sync::Arc;

use dataflow::spec::Dataflow;
use dataflow::status::DataflowStatus;
use kube::api::PostParams;
use kube::{Api, Client, ResourceExt};

use crate::error::{Call, ReconcileError};
use crate::observe::View;
use crate::observed::Version;

/// Writes a change of the observed status. The view then contains the Dataflow that the API server
/// returned.
pub(super) async fn change(
    view: &mut View,
    client: &Client,
    version: &Version,
    edit: impl FnOnce(&mut DataflowStatus),
) -> Result<(), ReconcileError> {
    let mut status = view.dataflow.status.clone().unwrap_or_default();
    edit(&mut status);
    view.dataflow = Arc::new(write_status(client, &view.dataflow, version, status).await?);
    Ok(())
}

/// Writes a whole status and returns the Dataflow as the API server stored it.
///
/// # Errors
///
/// Fails if the Dataflow changed since `version`, if the API server rejects the write, or if the
/// installed CRD drops fields. The API server answers "200 OK" in the last case.
pub(crate) async fn write_status(
    client: &Client,
    dataflow: &Dataflow,
    version: &Version,
    status: DataflowStatus,
) -> Result<Dataflow, ReconcileError> {
    let api: Api<Dataflow> =
        Api::namespaced(client.clone(), &dataflow.namespace().unwrap_or_default());
    let mut object = dataflow.clone();
    object.metadata.uid = Some(version.uid.clone());
    object.metadata.resource_version = Some(version.resource_version.clone());
    object.status = Some(status);
    let mut returned = api
        .replace_status(&dataflow.name_any(), &PostParams::default(), &object)
        .await
        .map_err(ReconcileError::api(Call::Existing, "write the status"))?;
    returned.managed_fields_mut().clear();
    if returned.status == object.status {
        Ok(returned)
    } else {
        Err(ReconcileError::CrdTooOld)
    }
}
