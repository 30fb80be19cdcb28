//! Server-side apply: the only way this program writes objects.

use kube::api::{Api, DynamicObject, Patch, PatchParams};
use kube::core::{ApiResource, GroupVersionKind};
use serde::Serialize;

use super::{ClusterError, Session};

/// The name under which the cluster remembers which fields are ours.
pub const FIELD_MANAGER: &str = "waxctl";

/// Whether fields that somebody else keeps are taken over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflicts {
    /// The request fails and names them.
    Refuse,
    /// They become ours.
    TakeOver,
}

impl Conflicts {
    fn params(self) -> PatchParams {
        let params = PatchParams::apply(FIELD_MANAGER);
        match self {
            Self::Refuse => params,
            Self::TakeOver => params.force(),
        }
    }
}

/// Turns a typed object into one that can be kept in a list with others.
///
/// # Panics
/// Never: every object handed in is a Kubernetes object with kind and name.
#[must_use]
pub fn dynamic<K: Serialize>(object: &K) -> DynamicObject {
    let value = serde_json::to_value(object).expect("a Kubernetes object is JSON");
    serde_json::from_value(value).expect("a Kubernetes object has metadata")
}

impl Session {
    /// Applies one object of any kind; an object that names a namespace goes there.
    ///
    /// # Errors
    /// What the API server answers; a conflict names the fields and who keeps them.
    pub async fn apply(
        &self,
        object: &DynamicObject,
        conflicts: Conflicts,
    ) -> Result<DynamicObject, ClusterError> {
        let (api, name) = self.dynamic_api(object);
        let doing = format!("apply {}", describe(object));
        api.patch(&name, &conflicts.params(), &Patch::Apply(object))
            .await
            .map_err(self.failed(doing))
    }

    /// Returns the object of the same kind, namespace and name as the cluster has it.
    ///
    /// # Errors
    /// What the API server answers, except that the object is absent.
    pub async fn current(
        &self,
        object: &DynamicObject,
    ) -> Result<Option<DynamicObject>, ClusterError> {
        let (api, name) = self.dynamic_api(object);
        super::dataflows::found(api.get(&name).await)
            .map_err(self.failed(format!("get {}", describe(object))))
    }

    fn dynamic_api(&self, object: &DynamicObject) -> (Api<DynamicObject>, String) {
        let resource = resource(object);
        let name = object.metadata.name.clone().unwrap_or_default();
        let api = match &object.metadata.namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        };
        (api, name)
    }
}

/// Plural and group of an object's kind. Kubernetes' own kinds and ours have the plural that English gives them.
fn resource(object: &DynamicObject) -> ApiResource {
    let types = object.types.clone().unwrap_or_default();
    let (group, version) = match types.api_version.split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", types.api_version.as_str()),
    };
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, &types.kind))
}

/// Names an object as kubectl does: `deployment.apps/wax-operator`.
#[must_use]
pub fn describe(object: &DynamicObject) -> String {
    let resource = resource(object);
    let kind = resource.kind.to_lowercase();
    let dot = if resource.group.is_empty() { "" } else { "." };
    let name = object.metadata.name.as_deref().unwrap_or_default();
    format!("{kind}{dot}{}/{name}", resource.group)
}
