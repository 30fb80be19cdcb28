//! Gives tests access to the files on the volumes of their PVCs.

use std::path::PathBuf;

use anyhow::Result;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::Api;

use crate::namespace::TestNamespace;
use crate::wait;

impl TestNamespace {
    /// Returns the API of the PVCs of this namespace.
    pub fn claims(&self) -> Api<PersistentVolumeClaim> {
        Api::namespaced(self.client.clone(), &self.name)
    }

    /// Waits until the PVC `claim` is bound, and returns the folder of its volume.
    ///
    /// The folder has the same files that pods see. A test may read, copy, replace and delete them while pods
    /// run. A PVC gets its volume when the first pod uses it. The path goes through the mount namespace of the
    /// box, so it must not be made canonical. After the PVC is deleted, the path does not exist.
    pub async fn volume(&self, claim: &str) -> Result<PathBuf> {
        wait::object(&self.claims(), claim, "Bound", |claim| {
            let phase = claim
                .status
                .as_ref()
                .and_then(|status| status.phase.as_deref());
            phase == Some("Bound")
        })
        .await?;
        let folder = self
            .cluster
            .box_verb("volume", &[&self.name, claim])?
            .ok()?;
        Ok(folder.trim().into())
    }
}
