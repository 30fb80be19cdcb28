//! Status writes that must survive: guarded by the version they were decided on, and compared with
//! what the API server kept.

use dataflow::spec::Dataflow;
use dataflow::status::DataflowStatus;
use kube::api::PostParams;
use kube::{Api, Client, ResourceExt};

use crate::error::ReconcileError;
use crate::observed::Version;

/// Writes a whole status and returns the Dataflow as the API server has it now.
///
/// # Errors
///
/// Fails when the Dataflow has changed since `version`, when the API server refuses, and when the
/// installed CRD drops fields: it answers "200 OK" then, as if all were well.
pub async fn write_status(
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
        .map_err(ReconcileError::api("write the status"))?;
    returned.managed_fields_mut().clear();
    if returned.status == object.status {
        Ok(returned)
    } else {
        Err(ReconcileError::CrdTooOld)
    }
}
