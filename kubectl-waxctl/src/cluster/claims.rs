//! Requests about the claims of recovery volumes.

use dataflow::DataflowName;
use gitops::volumes::{Volume, selector};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::api::{Api, DeleteParams, ListParams, Preconditions};

use super::dataflows::found;
use super::explain::ClusterError;
use super::session::Session;

impl Session {
    /// Returns the claims that carry the labels of a Dataflow's recovery volumes.
    ///
    /// # Errors
    /// What the API server answers.
    pub(crate) async fn store_claims(
        &self,
        name: &DataflowName,
    ) -> Result<Vec<PersistentVolumeClaim>, ClusterError> {
        let of_store = ListParams::default().labels(&selector(name));
        let list = self.claims().list(&of_store).await;
        Ok(list
            .map_err(self.failed("list persistentvolumeclaims"))?
            .items)
    }

    /// Deletes exactly the claim that was seen; one that is gone already is no error.
    ///
    /// # Errors
    /// What the API server answers.
    pub(crate) async fn delete_claim(&self, volume: &Volume) -> Result<(), ClusterError> {
        self.remove(volume, false).await
    }

    /// Asks whether the claim could be deleted; nothing is.
    ///
    /// # Errors
    /// What the API server answers.
    pub(crate) async fn could_delete_claim(&self, volume: &Volume) -> Result<(), ClusterError> {
        self.remove(volume, true).await
    }

    async fn remove(&self, volume: &Volume, dry_run: bool) -> Result<(), ClusterError> {
        let same = Preconditions {
            uid: Some(volume.uid.clone()),
            ..Preconditions::default()
        };
        let params = DeleteParams {
            dry_run,
            ..DeleteParams::default().preconditions(same)
        };
        let name = &volume.name;
        found(self.claims().delete(name, &params).await)
            .map(drop)
            .map_err(self.failed(format!("delete persistentvolumeclaim `{name}`")))
    }

    fn claims(&self) -> Api<PersistentVolumeClaim> {
        Api::namespaced(self.client.clone(), self.namespace())
    }
}
