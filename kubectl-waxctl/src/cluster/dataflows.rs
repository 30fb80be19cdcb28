//! Requests for Dataflows, their revisions, and the ConfigMaps with their code.

use dataflow::plan::RevisionRecord;
use dataflow::steps::Shape;
use dataflow::{Dataflow, label};
use gitops::object::lenient;
use gitops::suggest::suggest;
use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kube::api::{
    Api, DeleteParams, DynamicObject, ListParams, Patch, PatchParams, Preconditions,
    PropagationPolicy,
};
use kube::core::{ApiResource, ListMeta, Request};
use kube::runtime::watcher;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::explain::ClusterError;
use super::session::Session;
use crate::error::{CommandError, Kind};
use crate::names;

/// One namespace or all namespaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    /// The session's namespace.
    Namespace,
    /// Every namespace.
    Cluster,
}

/// The number of objects in one response, unless `--chunk-size` gives another.
pub(crate) const CHUNK_SIZE: u32 = 500;

/// A revision that the cluster stores.
#[derive(Debug)]
pub(crate) struct StoredRevision {
    /// Spec and hash of the code.
    pub(crate) record: RevisionRecord,
    /// Its stateful steps, if they were recorded.
    pub(crate) steps: Option<Shape>,
}

/// Selectors of the Dataflows to return; empty strings select all.
#[derive(Debug, Clone)]
pub(crate) struct Selection {
    /// A label selector in kubectl's syntax.
    pub(crate) labels: String,
    /// A field selector in kubectl's syntax.
    pub(crate) fields: String,
    /// The maximum number of objects in one response; 0 for no maximum.
    pub(crate) chunk_size: u32,
}

impl Default for Selection {
    fn default() -> Self {
        Self {
            labels: String::new(),
            fields: String::new(),
            chunk_size: CHUNK_SIZE,
        }
    }
}

/// The Dataflows of a list.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    /// The objects, in the server's order (namespace, then name).
    pub(crate) objects: Vec<DynamicObject>,
    /// What could not be read of the list.
    pub(crate) unreadable: Vec<String>,
}

/// One response to a list request. Its items are parsed one by one, so that one odd object hides no other.
#[derive(Debug, Deserialize)]
struct Page {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(deserialize_with = "items")]
    items: Vec<Value>,
}

/// Reads the items; some servers write `null` for none.
fn items<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Value>, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

impl Selection {
    fn list(&self) -> ListParams {
        let params = ListParams {
            limit: Some(self.chunk_size).filter(|size| *size > 0),
            ..ListParams::default()
        };
        let params = if self.labels.is_empty() {
            params
        } else {
            params.labels(&self.labels)
        };
        if self.fields.is_empty() {
            params
        } else {
            params.fields(&self.fields)
        }
    }

    /// Converts the selection for a watch.
    #[must_use]
    pub(crate) fn watch(&self) -> watcher::Config {
        let config = watcher::Config::default();
        let config = if self.labels.is_empty() {
            config
        } else {
            config.labels(&self.labels)
        };
        if self.fields.is_empty() {
            config
        } else {
            config.fields(&self.fields)
        }
    }
}

/// Converts "not found" of an object into `None`. If the cluster does not know the kind, the error stays.
///
/// # Errors
/// Every other failure.
pub(crate) fn found<K>(result: Result<K, kube::Error>) -> Result<Option<K>, kube::Error> {
    match result {
        Ok(object) => Ok(Some(object)),
        Err(kube::Error::Api(status)) if status.is_not_found() && names_an_object(&status) => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn names_an_object(status: &kube::core::Status) -> bool {
    status
        .details
        .as_ref()
        .is_some_and(|details| !details.name.is_empty())
}

impl Session {
    /// Returns the API of Dataflows without parsing them into the types of this release: a list has to show what
    /// another release or the published CRD stored.
    #[must_use]
    pub(crate) fn untyped(&self, scope: Scope) -> Api<DynamicObject> {
        let resource = ApiResource::erase::<Dataflow>(&());
        match scope {
            Scope::Namespace => {
                Api::namespaced_with(self.client.clone(), self.namespace(), &resource)
            }
            Scope::Cluster => Api::all_with(self.client.clone(), &resource),
        }
    }

    /// Returns all Dataflows of `scope` that `selection` picks, in the server's order (namespace, then name). What
    /// cannot be read of the list is left out.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn list(
        &self,
        scope: Scope,
        selection: &Selection,
    ) -> Result<Vec<DynamicObject>, ClusterError> {
        Ok(self.list_all(scope, selection).await?.objects)
    }

    /// Returns all Dataflows of `scope` that `selection` picks, and what cannot be read of the list.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn list_all(
        &self,
        scope: Scope,
        selection: &Selection,
    ) -> Result<Listed, ClusterError> {
        let api = self.untyped(scope);
        self.list_of(&api, selection.list(), "list dataflows").await
    }

    /// Returns all objects of an API in chunks. `doing` names the request in errors.
    ///
    /// # Errors
    /// The error of the API server.
    pub(super) async fn list_of(
        &self,
        api: &Api<DynamicObject>,
        mut params: ListParams,
        doing: &str,
    ) -> Result<Listed, ClusterError> {
        let request = Request::new(api.resource_url());
        let mut listed = Listed::default();
        loop {
            let page = request.list(&params).map_err(kube::Error::BuildRequest);
            let page: Page = match page {
                Ok(page) => self.client.request(page).await,
                Err(error) => Err(error),
            }
            .map_err(self.failed(doing))?;
            for item in page.items {
                let (object, faults) = lenient(item);
                listed.objects.extend(object);
                listed.unreadable.extend(faults);
            }
            match page.metadata.continue_.filter(|token| !token.is_empty()) {
                Some(token) => params = params.continue_token(&token),
                None => return Ok(listed),
            }
        }
    }

    /// Returns one Dataflow, or `None` if there is none of that name.
    ///
    /// # Errors
    /// The error of the API server; a cluster without the CRD is an error.
    pub(crate) async fn dataflow(&self, name: &str) -> Result<Option<Dataflow>, ClusterError> {
        if !names::is_object(name) {
            return Ok(None);
        }
        let api: Api<Dataflow> = Api::namespaced(self.client.clone(), self.namespace());
        found(api.get(name).await).map_err(self.failed(format!("get dataflow `{name}`")))
    }

    /// Returns one Dataflow unparsed, or `None` if there is none of that name.
    ///
    /// # Errors
    /// The error of the API server; a cluster without the CRD is an error.
    pub(crate) async fn object(&self, name: &str) -> Result<Option<DynamicObject>, ClusterError> {
        if !names::is_object(name) {
            return Ok(None);
        }
        let api = self.untyped(Scope::Namespace);
        found(api.get(name).await).map_err(self.failed(format!("get dataflow `{name}`")))
    }

    /// Returns one ConfigMap, or `None` if there is none of that name.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn config_map(&self, name: &str) -> Result<Option<ConfigMap>, ClusterError> {
        let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), self.namespace());
        found(api.get(name).await).map_err(self.failed(format!("get configmap `{name}`")))
    }

    /// Returns the ConfigMaps that `labels` select.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn config_maps(&self, labels: &str) -> Result<Vec<ConfigMap>, ClusterError> {
        let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), self.namespace());
        let list = api.list(&ListParams::default().labels(labels)).await;
        Ok(list.map_err(self.failed("list configmaps"))?.items)
    }

    /// Deletes a ConfigMap. One that does not exist any more is no error.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn delete_config_map(&self, name: &str) -> Result<(), ClusterError> {
        let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), self.namespace());
        found(api.delete(name, &DeleteParams::default()).await)
            .map(drop)
            .map_err(self.failed(format!("delete configmap `{name}`")))
    }

    /// Deletes the Dataflow with this UID, but not one that was created under its name meanwhile. With foreground
    /// deletion the Dataflow exists until its pods are gone. In a dry run the API server only checks the deletion.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn delete_dataflow(
        &self,
        name: &str,
        uid: &str,
        policy: PropagationPolicy,
        dry_run: bool,
    ) -> Result<(), ClusterError> {
        let api: Api<Dataflow> = Api::namespaced(self.client.clone(), self.namespace());
        let same = Preconditions {
            uid: Some(uid.to_owned()),
            ..Preconditions::default()
        };
        let params = DeleteParams {
            propagation_policy: Some(policy),
            dry_run,
            ..DeleteParams::default().preconditions(same)
        };
        found(api.delete(name, &params).await)
            .map(drop)
            .map_err(self.failed(format!("delete dataflow `{name}`")))
    }

    /// Returns the stored revisions of a flow, oldest first. Those that another release wrote are omitted.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn revisions(&self, name: &str) -> Result<Vec<StoredRevision>, ClusterError> {
        let api: Api<ControllerRevision> = Api::namespaced(self.client.clone(), self.namespace());
        let of_flow = ListParams::default().labels(&format!("{}={name}", label::DATAFLOW_INFO));
        let mut all = api
            .list(&of_flow)
            .await
            .map_err(self.failed("list controllerrevisions"))?
            .items;
        all.sort_by_key(|kept| kept.revision);
        Ok(all
            .iter()
            .filter_map(|kept| {
                let record = RevisionRecord::read(kept).ok()?;
                let steps = record.steps(kept);
                Some(StoredRevision { record, steps })
            })
            .collect())
    }

    /// Returns what the cluster would store if `manager` force-applied `dataflow`; stores nothing.
    ///
    /// # Errors
    /// The error of the API server.
    pub(crate) async fn dry_run(
        &self,
        dataflow: &Dataflow,
        manager: &str,
    ) -> Result<Dataflow, ClusterError> {
        let api: Api<Dataflow> = Api::namespaced(self.client.clone(), self.namespace());
        let name = dataflow.metadata.name.as_deref().unwrap_or_default();
        let params = PatchParams::apply(manager).force().dry_run();
        api.patch(name, &params, &Patch::Apply(dataflow))
            .await
            .map_err(self.failed(format!("dry-run dataflow `{name}`")))
    }

    /// Whether the session's namespace exists. If the user may not read namespaces, it is assumed to exist.
    ///
    /// # Errors
    /// The error of the API server, except a missing permission.
    pub(crate) async fn namespace_exists(&self) -> Result<bool, ClusterError> {
        let api: Api<Namespace> = Api::all(self.client.clone());
        match found(api.get(self.namespace()).await) {
            Ok(namespace) => Ok(namespace.is_some()),
            Err(kube::Error::Api(status)) if status.is_forbidden() => Ok(true),
            Err(error) => Err(self.failed(format!("get namespace `{}`", self.namespace()))(error)),
        }
    }

    /// Returns the error for a Dataflow that does not exist, with a similar name as a hint.
    pub(crate) async fn absent(&self, name: &str) -> CommandError {
        let namespace = self.namespace();
        let text = format!("there is no dataflow `{name}` in namespace `{namespace}`");
        let error = CommandError::new(Kind::NotFound, text);
        // The list only adds a hint, so its failure is ignored.
        let known = self
            .list(Scope::Namespace, &Selection::default())
            .await
            .unwrap_or_default();
        let known: Vec<&str> = known
            .iter()
            .filter_map(|object| object.metadata.name.as_deref())
            .collect();
        match suggest(name, known.iter().copied()) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None if known.is_empty() => error.hint("waxctl df list -A"),
            None => error.hint(format!("waxctl df list -n {namespace}")),
        }
    }
}
