//! Requests for the PVCs of the recovery store.

use dataflow::DataflowName;
use gitops::volumes::{Volume, selector};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::api::{Api, DeleteParams, ListParams, Preconditions};

use super::dataflows::found;
use super::explain::ClusterError;
use super::session::Session;

impl Session {
    /// Returns the PVCs with the labels of a Dataflow's recovery store.
    ///
    /// # Errors
    /// The error of the API server.
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

    /// Deletes the PVC with the UID of `volume`. A PVC that does not exist any more is no error.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn delete_claim(&self, volume: &Volume) -> Result<(), ClusterError> {
        self.remove(volume, false).await
    }

    /// Sends the deletion as a dry run, to find out whether the API server would allow it.
    ///
    /// # Errors
    /// The error of the API server.
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
