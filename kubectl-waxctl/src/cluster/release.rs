//! Requests for a Helm release, which Helm stores in a Secret for each version, and for the StatefulSet that it runs.

use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt as _;
use kube::api::{Api, ListParams};
use kube::core::PartialObjectMeta;

use super::dataflows::found;
use super::explain::ClusterError;
use super::session::Session;
use crate::names;

/// Key of the Secret that contains the release.
const RELEASE: &str = "release";

impl Session {
    /// Returns the newest deployed version of a Helm release as Helm has stored it, or `None` if there is none.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn release(&self, name: &str) -> Result<Option<Vec<u8>>, ClusterError> {
        if !names::is_object(name) {
            return Ok(None);
        }
        let api: Api<Secret> = Api::namespaced(self.client.clone(), self.namespace());
        let versions = ListParams::default().labels(&format!("owner=helm,name={name}"));
        // Without their content: it can be large, and only one is read.
        let versions = api.list_metadata(&versions).await;
        let versions =
            versions.map_err(self.failed(format!("list the versions of Helm release `{name}`")))?;
        let Some(newest) = versions.items.iter().filter_map(rank).max() else {
            return Ok(None);
        };
        let secret = found(api.get(&newest.1).await)
            .map_err(self.failed(format!("get secret `{}`", newest.1)))?;
        let mut data = secret.and_then(|secret| secret.data).unwrap_or_default();
        Ok(data.remove(RELEASE).map(|bytes| bytes.0))
    }

    /// Returns a StatefulSet, or `None` if there is none of that name.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn stateful_set(
        &self,
        name: &str,
    ) -> Result<Option<StatefulSet>, ClusterError> {
        let api: Api<StatefulSet> = Api::namespaced(self.client.clone(), self.namespace());
        found(api.get(name).await).map_err(self.failed(format!("get statefulset `{name}`")))
    }
}

/// Returns whether a version is deployed, and its number; with the name of its Secret.
fn rank(secret: &PartialObjectMeta<Secret>) -> Option<((bool, i64), String)> {
    let label = |key: &str| secret.labels().get(key).map(String::as_str);
    let number = label("version")?.parse().ok()?;
    let status = label("status").unwrap_or_default();
    (status != "uninstalled").then(|| ((status == "deployed", number), secret.name_any()))
}
