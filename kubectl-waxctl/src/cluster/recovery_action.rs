//! A recovery action, written into the spec of a flow.

use dataflow::Dataflow;
use dataflow::spec::RecoveryAction;
use gitops::ownership::FIELD_MANAGER;
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;

use super::explain::ClusterError;
use super::session::Session;

impl Session {
    /// Gives an action to the flow that was seen, if nobody has changed its spec meanwhile. Its status may have
    /// changed: the operator writes it at any moment.
    ///
    /// # Errors
    /// What the API server answers, and [`ClusterError::Changed`].
    pub(crate) async fn apply_action(
        &self,
        live: &Dataflow,
        action: &RecoveryAction,
    ) -> Result<(), ClusterError> {
        let api: Api<Dataflow> = Api::namespaced(self.client.clone(), self.namespace());
        let name = live.metadata.name.as_deref().unwrap_or_default();
        let params = PatchParams {
            field_manager: Some(FIELD_MANAGER.to_owned()),
            ..PatchParams::default()
        };
        let Err(error) = api.patch(name, &params, &patch(live, action)).await else {
            return Ok(());
        };
        // A failed `test` is answered with the code of wrong values, and without a word about it.
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

/// Which flow of its name it is, and which of its specs.
fn version(dataflow: &Dataflow) -> (Option<&str>, Option<i64>) {
    let metadata = &dataflow.metadata;
    (metadata.uid.as_deref(), metadata.generation)
}

/// The change, as RFC 6902 has it: nothing of an earlier action stays, and the API server does it as a whole or not.
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
