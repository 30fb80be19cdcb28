//! Writes a recovery action into the spec of a Dataflow.

use dataflow::Dataflow;
use dataflow::spec::RecoveryAction;
use kube::api::DynamicObject;
use serde_json::json;

use super::explain::ClusterError;
use super::session::Session;

impl Session {
    /// Writes an action into the spec of a Dataflow. It replaces an earlier action completely. Returns the
    /// changed Dataflow. In a dry run the API server only checks the change.
    ///
    /// # Errors
    /// As [`Session::change_fields`].
    pub(crate) async fn apply_action(
        &self,
        live: &Dataflow,
        action: &RecoveryAction,
        dry_run: bool,
    ) -> Result<DynamicObject, ClusterError> {
        let (path, value) = match &live.spec.recovery {
            Some(_) => ("/spec/recovery/action", json!(action)),
            None => ("/spec/recovery", json!({ "action": action })),
        };
        let operation = json!({"op": "add", "path": path, "value": value});
        self.change_fields(live, vec![operation], dry_run).await
    }
}
