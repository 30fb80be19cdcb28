//! Server-side apply of objects of any kind.

use dataflow::Dataflow;
use gitops::object::{dataflow_name, describe, resource};
use gitops::ownership::FIELD_MANAGER;
use kube::api::{Api, DeleteParams, DynamicObject, Patch, PatchParams, Preconditions};
use kube::core::Status;

use super::dataflows::{Scope, found};
use super::explain::ClusterError;
use super::session::Session;

/// How often a write is repeated that lost against a write of the status.
const ATTEMPTS: u32 = 10;

/// Returns UID and generation, which identify one spec of one Dataflow.
pub(super) fn version(dataflow: &Dataflow) -> (Option<&str>, Option<i64>) {
    let metadata = &dataflow.metadata;
    (metadata.uid.as_deref(), metadata.generation)
}

/// Whether a write failed because the object is not the expected version. Field managers are named in causes.
fn is_stale(status: &Status) -> bool {
    let causes = status
        .details
        .as_ref()
        .map_or(0, |details| details.causes.len());
    status.is_conflict() && causes == 0
}

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

    /// Applies a Dataflow to the version of it that was shown to the user.
    ///
    /// Race: the operator writes the status at any moment, which changes the resourceVersion but not what was shown. So
    /// UID and generation are compared with a fresh copy, and the write is tied to exactly that copy.
    ///
    /// # Errors
    /// The error of the API server, or [`ClusterError::Changed`].
    pub(crate) async fn apply_to(
        &self,
        shown: &Dataflow,
        dataflow: &Dataflow,
        conflicts: Conflicts,
    ) -> Result<DynamicObject, ClusterError> {
        let name = dataflow.metadata.name.as_deref().unwrap_or_default();
        for _ in 0..ATTEMPTS {
            let now = self.unchanged(shown).await?;
            let mut wanted = dataflow.clone();
            wanted.metadata.uid = now.metadata.uid;
            wanted.metadata.resource_version = now.metadata.resource_version;
            let api: Api<DynamicObject> = self.untyped(Scope::Namespace);
            let written = api
                .patch(name, &conflicts.params(), &Patch::Apply(&wanted))
                .await;
            match written {
                Err(kube::Error::Api(status)) if is_stale(&status) => {}
                written => {
                    let doing = format!("apply {}", dataflow_name(name));
                    return written.map_err(self.failed(doing));
                }
            }
        }
        Err(self.changed(name))
    }

    /// Returns a fresh copy of a Dataflow, if its spec is still the one that was shown.
    ///
    /// # Errors
    /// The error of the API server, or [`ClusterError::Changed`].
    pub(crate) async fn unchanged(&self, shown: &Dataflow) -> Result<Dataflow, ClusterError> {
        let name = shown.metadata.name.as_deref().unwrap_or_default();
        let now = self.dataflow(name).await?;
        now.filter(|now| version(now) == version(shown))
            .ok_or_else(|| self.changed(name))
    }

    /// Returns the error for a Dataflow whose spec another client has changed meanwhile.
    pub(super) fn changed(&self, name: &str) -> ClusterError {
        ClusterError::Changed {
            name: name.to_owned(),
            namespace: self.namespace().to_owned(),
        }
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
    /// any more is no error. In a dry run the API server only checks the deletion.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn delete(
        &self,
        object: &DynamicObject,
        dry_run: bool,
    ) -> Result<(), ClusterError> {
        let (api, name) = self.dynamic_api(object);
        let same = Preconditions {
            uid: object.metadata.uid.clone(),
            ..Preconditions::default()
        };
        let params = DeleteParams {
            dry_run,
            ..DeleteParams::background().preconditions(same)
        };
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
