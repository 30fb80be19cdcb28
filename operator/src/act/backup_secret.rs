//! Secret with the bucket keys, if the spec contains the keys themselves.

use dataflow::plan;
use k8s_openapi::api::core::v1::Secret;
use kube::api::PostParams;
use kube::{Api, Client};

use crate::error::{Call, ReconcileError};
use crate::observe::{Prepared, View};

/// Creates the Secret before a pod refers to it.
///
/// Its name is derived from its content, so an existing Secret is the right one. The operator therefore
/// needs no permission to read Secrets.
pub(super) async fn create(
    view: &View,
    client: &Client,
    prepared: &Prepared,
) -> Result<(), ReconcileError> {
    let namespace = view.namespace();
    let uid = view.dataflow.metadata.uid.as_deref();
    let Some(secret) = plan::backup_secret(&prepared.validated, &namespace, uid) else {
        return Ok(());
    };
    let api: Api<Secret> = Api::namespaced(client.clone(), &namespace);
    match api.create(&PostParams::default(), &secret).await {
        Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
        made => made.map(drop).map_err(ReconcileError::api(
            Call::Create,
            "create the Secret with the bucket keys",
        )),
    }
}
