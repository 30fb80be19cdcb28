//! The volumes behind a test's claims, as files of this machine.

use std::path::PathBuf;

use anyhow::Result;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::Api;

use crate::namespace::TestNamespace;
use crate::wait;

impl TestNamespace {
    /// Claims of this namespace.
    pub fn claims(&self) -> Api<PersistentVolumeClaim> {
        Api::namespaced(self.client.clone(), &self.name)
    }

    /// Waits until `claim` has its volume, and returns the folder with its files: the very ones that
    /// the pods see, to read, copy, replace and delete while they run. A claim gets its volume when the
    /// first pod wants it. The path leads through the box's mount namespace and is not to be made
    /// canonical; once the claim is deleted it leads nowhere.
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
