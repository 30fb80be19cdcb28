//! Waits until a Deployment or a CRD is ready.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use kube::runtime::wait::{Error, await_condition, conditions};

use super::explain::{ClusterError, of_watch};
use super::session::Session;

impl Session {
    /// Waits until the API server serves the CRD `name`.
    ///
    /// # Errors
    /// The watch failed.
    pub(crate) async fn served(&self, name: &str) -> Result<(), ClusterError> {
        let api: Api<CustomResourceDefinition> = Api::all(self.client.clone());
        await_condition(api, name, conditions::is_crd_established())
            .await
            .map(drop)
            .map_err(|error| self.watch_failed(&format!("crd `{name}`"), error))
    }

    /// Waits until all replicas of the newest template of Deployment `name` are ready.
    ///
    /// # Errors
    /// The watch failed.
    pub(crate) async fn rolled_out(&self, name: &str) -> Result<(), ClusterError> {
        let api: Api<Deployment> = Api::namespaced(self.client.clone(), self.namespace());
        await_condition(api, name, |deployment: Option<&Deployment>| {
            deployment.is_some_and(is_rolled_out)
        })
        .await
        .map(drop)
        .map_err(|error| self.watch_failed(&format!("deployment `{name}`"), error))
    }

    /// Whether Deployment `name` is rolled out now.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn is_rolled_out(&self, name: &str) -> Result<bool, ClusterError> {
        let api: Api<Deployment> = Api::namespaced(self.client.clone(), self.namespace());
        let deployment = api.get(name).await;
        let deployment = deployment.map_err(self.failed(format!("get deployment `{name}`")))?;
        Ok(is_rolled_out(&deployment))
    }

    fn watch_failed(&self, what: &str, Error::ProbeFailed(error): Error) -> ClusterError {
        self.failed(format!("watch {what}"))(of_watch(error))
    }
}

/// Applies the same test as `kubectl rollout status`.
fn is_rolled_out(deployment: &Deployment) -> bool {
    let Some(status) = &deployment.status else {
        return false;
    };
    let wanted = deployment
        .spec
        .as_ref()
        .and_then(|spec| spec.replicas)
        .unwrap_or(1);
    let seen = status.observed_generation >= deployment.metadata.generation;
    let updated = status.updated_replicas.unwrap_or(0) >= wanted;
    let old_gone = status.replicas.unwrap_or(0) <= status.updated_replicas.unwrap_or(0);
    seen && updated && old_gone && status.available_replicas.unwrap_or(0) >= wanted
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::done(2, 1, 1, 1, true)]
    #[case::old_spec_seen(1, 1, 1, 1, false)]
    #[case::old_pod_left(2, 2, 1, 2, false)]
    #[case::not_available(2, 1, 1, 0, false)]
    #[case::nothing_yet(2, 0, 0, 0, false)]
    fn rollout_ends_when_only_new_pods_are_ready(
        #[case] observed: i64,
        #[case] replicas: i32,
        #[case] updated: i32,
        #[case] available: i32,
        #[case] expected: bool,
    ) {
        let deployment: Deployment = serde_json::from_value(serde_json::json!({
            "metadata": { "generation": 2 },
            "spec": { "replicas": 1, "selector": {}, "template": {} },
            "status": { "observedGeneration": observed, "replicas": replicas, "updatedReplicas": updated,
                        "availableReplicas": available },
        }))
        .unwrap();
        assert_eq!(is_rolled_out(&deployment), expected);
    }
}
