//! Changes single fields of a Dataflow, unless its spec was changed after it was read.

use dataflow::Dataflow;
use gitops::ownership::FIELD_MANAGER;
use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::{Value, json};

use super::apply::version;
use super::dataflows::Scope;
use super::explain::ClusterError;
use super::session::Session;

impl Session {
    /// Applies operations of a JSON patch (RFC 6902) to a Dataflow, all or none, and returns the changed
    /// Dataflow. In a dry run the API server only checks them.
    ///
    /// Race: a changed status is no obstacle, because the operator writes it at any moment. So the patch tests UID and
    /// generation, not the resourceVersion.
    ///
    /// # Errors
    /// The error of the API server, or [`ClusterError::Changed`].
    pub(crate) async fn change_fields(
        &self,
        live: &Dataflow,
        operations: Vec<Value>,
        dry_run: bool,
    ) -> Result<DynamicObject, ClusterError> {
        let api = self.untyped(Scope::Namespace);
        let name = live.metadata.name.as_deref().unwrap_or_default();
        let params = PatchParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            dry_run,
            ..PatchParams::default()
        };
        let error = match api.patch(name, &params, &patch(live, operations)).await {
            Ok(changed) => return Ok(changed),
            Err(error) => error,
        };
        // The API server reports a failed `test` as 422, like an invalid value, and does not say which it is.
        if matches!(&error, kube::Error::Api(status) if status.code == 422) {
            self.unchanged(live).await?;
        }
        Err(self.failed(format!("change dataflow `{name}`"))(error))
    }
}

/// Returns the operations after the tests of the version.
///
/// # Panics
/// Never: these are operations.
fn patch(live: &Dataflow, operations: Vec<Value>) -> Patch<()> {
    let (uid, generation) = version(live);
    let mut all = vec![
        json!({"op": "test", "path": "/metadata/uid", "value": uid}),
        json!({"op": "test", "path": "/metadata/generation", "value": generation}),
    ];
    all.extend(operations);
    Patch::Json(serde_json::from_value(Value::Array(all)).expect("these are operations"))
}
