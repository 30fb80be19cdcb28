//! Writes a recovery action into the spec of a Dataflow.

use dataflow::Dataflow;
use dataflow::spec::RecoveryAction;
use gitops::ownership::FIELD_MANAGER;
use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::json;

use super::dataflows::Scope;
use super::explain::ClusterError;
use super::session::Session;

impl Session {
    /// Writes an action into the spec of a Dataflow, unless its spec was changed after it was read, and returns the
    /// changed Dataflow.
    ///
    /// Race: a changed status is no obstacle, because the operator writes it at any moment. So the patch tests UID and
    /// generation, not the resourceVersion.
    ///
    /// # Errors
    /// The error of the API server, or [`ClusterError::Changed`].
    pub(crate) async fn apply_action(
        &self,
        live: &Dataflow,
        action: &RecoveryAction,
    ) -> Result<DynamicObject, ClusterError> {
        let api = self.untyped(Scope::Namespace);
        let name = live.metadata.name.as_deref().unwrap_or_default();
        let params = PatchParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let error = match api.patch(name, &params, &patch(live, action)).await {
            Ok(changed) => return Ok(changed),
            Err(error) => error,
        };
        // The API server reports a failed `test` as 422, like an invalid value, and does not say which it is.
        if matches!(&error, kube::Error::Api(status) if status.code == 422) {
            let now = self.dataflow(name).await?;
            if now.is_none_or(|now| version(&now) != version(live)) {
                return Err(ClusterError::Changed {
                    name: name.to_owned(),
                    namespace: self.namespace().to_owned(),
                });
            }
        }
        Err(self.failed(format!("change dataflow `{name}`"))(error))
    }
}

/// Returns UID and generation, which identify one spec of one Dataflow.
fn version(dataflow: &Dataflow) -> (Option<&str>, Option<i64>) {
    let metadata = &dataflow.metadata;
    (metadata.uid.as_deref(), metadata.generation)
}

/// Returns the change as a JSON patch (RFC 6902): it replaces an earlier action completely, and it is atomic.
///
/// # Panics
/// Never: these are operations.
fn patch(live: &Dataflow, action: &RecoveryAction) -> Patch<()> {
    let (uid, generation) = version(live);
    let (path, value) = match &live.spec.recovery {
        Some(_) => ("/spec/recovery/action", json!(action)),
        None => ("/spec/recovery", json!({ "action": action })),
    };
    let operations = json!([
        {"op": "test", "path": "/metadata/uid", "value": uid},
        {"op": "test", "path": "/metadata/generation", "value": generation},
        {"op": "add", "path": path, "value": value},
    ]);
    Patch::Json(serde_json::from_value(operations).expect("these are operations"))
}
