//! Requests for the events of a namespace.

use k8s_openapi::api::core::v1::Event;
use kube::api::{Api, DynamicObject, ListParams};
use kube::core::ApiResource;

use super::dataflows::{CHUNK_SIZE, Listed};
use super::explain::ClusterError;
use super::session::Session;

impl Session {
    /// Returns the API of the events of the session's namespace, as untyped objects.
    #[must_use]
    pub(crate) fn events_api(&self) -> Api<DynamicObject> {
        let resource = ApiResource::erase::<Event>(&());
        Api::namespaced_with(self.client.clone(), self.namespace(), &resource)
    }

    /// Returns the events of the session's namespace.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn events(&self) -> Result<Listed, ClusterError> {
        let params = ListParams::default().limit(CHUNK_SIZE);
        self.list_of(&self.events_api(), params, "list events")
            .await
    }
}
