//! Server-side apply of objects of any kind.

use gitops::object::{describe, resource};
use gitops::ownership::FIELD_MANAGER;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, Preconditions};

use super::dataflows::found;
use super::explain::ClusterError;
use super::session::Session;

/// The treatment of fields that another field manager owns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Conflicts {
    /// The request fails and names the fields.
    Refuse,
    /// This program becomes their field manager.
    TakeOver,
}

impl Conflicts {
    /// Converts a flag such as `--force-conflicts`.
    #[must_use]
    pub(crate) fn from_flag(take_over: bool) -> Self {
        match take_over {
            true => Self::TakeOver,
            false => Self::Refuse,
        }
    }

    fn params(self) -> PatchParams {
        let params = PatchParams::apply(FIELD_MANAGER);
        match self {
            Self::Refuse => params,
            Self::TakeOver => params.force(),
        }
    }
}

impl Session {
    /// Applies one object of any kind, into the namespace that it names.
    ///
    /// # Errors
    /// The error of the API server; a conflict names the fields and their field managers.
    pub(crate) async fn apply(
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

    /// Returns what the cluster would store if the object were applied; stores nothing.
    ///
    /// # Errors
    /// As [`Session::apply`].
    pub(crate) async fn would_apply(
        &self,
        object: &DynamicObject,
        conflicts: Conflicts,
    ) -> Result<DynamicObject, ClusterError> {
        let (api, name) = self.dynamic_api(object);
        let doing = format!("dry-run {}", describe(object));
        api.patch(&name, &conflicts.params().dry_run(), &Patch::Apply(object))
            .await
            .map_err(self.failed(doing))
    }

    /// Returns the object of the same kind, namespace and name from the cluster.
    ///
    /// # Errors
    /// The error of the API server, except that the object does not exist.
    pub(crate) async fn current(
        &self,
        object: &DynamicObject,
    ) -> Result<Option<DynamicObject>, ClusterError> {
        let (api, name) = self.dynamic_api(object);
        found(api.get(&name).await).map_err(self.failed(format!("get {}", describe(object))))
    }

    /// Deletes an object that was read, but not one that was created under its name meanwhile. One that does not exist
    /// any more is no error.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn delete(&self, object: &DynamicObject) -> Result<(), ClusterError> {
        let (api, name) = self.dynamic_api(object);
        let same = Preconditions {
            uid: object.metadata.uid.clone(),
            ..Preconditions::default()
        };
        let params = DeleteParams::background().preconditions(same);
        found(api.delete(&name, &params).await)
            .map(drop)
            .map_err(self.failed(format!("delete {}", describe(object))))
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
