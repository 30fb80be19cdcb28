//! Caches of one scope, which is one namespace or all namespaces. One watch fills the cache of each kind.
//!
//! Objects are pruned when they arrive: fields that no decision needs are not stored.

use std::fmt::Debug;
use std::sync::Arc;

use dataflow::label;
use dataflow::spec::Dataflow;
use futures::StreamExt;
use futures::stream::BoxStream;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::{ControllerRevision, StatefulSet};
use k8s_openapi::api::core::v1::{
    ConfigMap, PersistentVolumeClaim, PersistentVolumeClaimSpec, Pod, PodSpec, Service,
};
use kube::core::PartialObjectMeta;
use kube::runtime::reflector::{ObjectRef, Store, store};
use kube::runtime::watcher::{Config, Event, watcher};
use kube::runtime::{WatchStreamExt, reflector};
use kube::{Api, Client, Resource, ResourceExt};
use serde::de::DeserializeOwned;

use super::growth::Refusals;
use super::source::Sources;
use super::template::keep_layout_variables;
use super::watch_health::WatchHealth;
use crate::queue::Queue;

/// The caches of one scope.
#[derive(Clone)]
pub(crate) struct Caches {
    /// All Dataflows.
    pub(crate) dataflows: Store<Dataflow>,
    /// Gangs. The pod template keeps only its scheduling gates and its recovery store settings.
    pub(crate) sets: Store<StatefulSet>,
    /// Pods of processes, probes and store changes. Their specs keep only the node name.
    pub(crate) pods: Store<Pod>,
    /// Code ConfigMaps, metadata only.
    pub(crate) code_config_maps: Store<PartialObjectMeta<ConfigMap>>,
    /// Services of gangs.
    pub(crate) services: Store<Service>,
    /// PVCs of recovery volumes. Their specs keep only the size.
    pub(crate) claims: Store<PersistentVolumeClaim>,
    /// Rejected expansions of these PVCs.
    pub(crate) refusals: Arc<Refusals>,
    /// `ControllerRevisions`, one per revision.
    pub(crate) records: Store<ControllerRevision>,
    /// Users' `ConfigMaps` with code.
    pub(crate) sources: Arc<Sources>,
}

/// One namespace, or all namespaces.
struct Scope<'a> {
    client: &'a Client,
    namespace: Option<&'a str>,
}

impl Scope<'_> {
    fn api<K>(&self) -> Api<K>
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>,
    {
        match self.namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        }
    }

    /// Returns the cache of one kind and the stream that fills it.
    ///
    /// `touch` is called for every object that is added, changed or deleted.
    fn follow<K, F>(
        &self,
        kind: &'static str,
        config: Config,
        prune: fn(&mut K),
        touch: F,
    ) -> (Store<K>, BoxStream<'static, WatchHealth>)
    where
        K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
            + Clone
            + Debug
            + DeserializeOwned
            + Send
            + Sync
            + 'static,
        F: Fn(&K) + Send + 'static,
    {
        let (reader, writer) = store();
        let events = watcher(self.api::<K>(), config)
            .default_backoff()
            .modify(prune);
        let stream = reflector(writer, events)
            .filter_map(move |event| {
                if let Ok(Event::Apply(object) | Event::InitApply(object) | Event::Delete(object)) =
                    &event
                {
                    touch(object);
                }
                std::future::ready(WatchHealth::from_event(kind, &event))
            })
            .boxed();
        (reader, stream)
    }
}

impl Caches {
    /// Creates the caches of one scope, and the stream that fills them and feeds the queue.
    ///
    /// Nothing is read until the stream is polled.
    pub(crate) fn new(
        client: &Client,
        namespace: Option<&str>,
        queue: &Queue,
    ) -> (Self, BoxStream<'static, WatchHealth>) {
        let ours = Config::default().labels(label::DATAFLOW_INFO);
        let info = label::DATAFLOW_INFO;
        let written = format!("{info},{}={}", label::MANAGED_BY, label::OPERATOR);
        let written = Config::default().labels(&written);
        let itself = {
            let queue = queue.clone();
            move |dataflow: &Dataflow| queue.push(ObjectRef::from_obj(dataflow))
        };
        let scope = Scope { client, namespace };
        let (dataflows, a) = scope.follow("dataflows", Config::default(), prune, itself);
        let (sets, b) = scope.follow("statefulsets", written.clone(), prune_set, wake(queue));
        let (pods, c) = scope.follow("pods", ours.clone(), prune_pod, wake(queue));
        let (code_config_maps, d) =
            scope.follow("code_config_maps", written.clone(), prune, wake(queue));
        let (services, e) = scope.follow("services", written.clone(), prune, wake(queue));
        let (claims, h) = scope.follow(
            "persistentvolumeclaims",
            ours.clone(),
            prune_claim,
            wake(queue),
        );
        let (records, f) = scope.follow("controllerrevisions", written, prune, wake(queue));
        let sources = Arc::new(Sources::new(dataflows.clone(), queue.clone()));
        let g = sources
            .clone()
            .follow(watcher(scope.api(), Config::default()));
        let caches = Self {
            dataflows,
            sets,
            pods,
            code_config_maps,
            services,
            claims,
            refusals: Arc::default(),
            records,
            sources,
        };
        (
            caches,
            futures::stream::select_all([a, b, c, d, e, f, g, h]).boxed(),
        )
    }

    /// Returns the pods of one Dataflow with the given component label.
    #[must_use]
    pub(crate) fn pods_of(&self, namespace: &str, name: &str, component: &str) -> Vec<Arc<Pod>> {
        self.pods.state_filter(|pod| {
            let is = |key, value| pod.labels().get(key).is_some_and(|label| label == value);
            pod.metadata.namespace.as_deref() == Some(namespace)
                && is(label::DATAFLOW_INFO, name)
                && is(label::COMPONENT, component)
        })
    }

    /// Waits until every cache has been filled once.
    pub(crate) async fn wait_until_filled(&self) {
        // The wait fails only after the writer is dropped. The writer lives as long as the stream, and
        // the stream as long as the caller.
        drop(self.dataflows.wait_until_ready().await);
        drop(self.sets.wait_until_ready().await);
        drop(self.pods.wait_until_ready().await);
        drop(self.code_config_maps.wait_until_ready().await);
        drop(self.services.wait_until_ready().await);
        drop(self.claims.wait_until_ready().await);
        drop(self.records.wait_until_ready().await);
    }
}

/// Returns a callback that queues the Dataflow named by a child's label.
fn wake<K: ResourceExt>(queue: &Queue) -> impl Fn(&K) + Send + 'static {
    let queue = queue.clone();
    move |child| {
        let name = child.labels().get(label::DATAFLOW_INFO);
        if let (Some(name), Some(namespace)) = (name, child.namespace()) {
            queue.push(ObjectRef::new(name).within(&namespace));
        }
    }
}

fn prune<K: ResourceExt>(object: &mut K) {
    object.managed_fields_mut().clear();
}

pub(super) fn prune_set(set: &mut StatefulSet) {
    set.managed_fields_mut().clear();
    if let Some(spec) = &mut set.spec {
        spec.template.spec = spec.template.spec.take().map(|pod| PodSpec {
            scheduling_gates: pod.scheduling_gates,
            containers: keep_layout_variables(pod.containers),
            ..PodSpec::default()
        });
        // Only the presence of claim templates matters.
        for claim in spec.volume_claim_templates.iter_mut().flatten() {
            claim.spec = None;
        }
    }
}

fn prune_claim(claim: &mut PersistentVolumeClaim) {
    claim.managed_fields_mut().clear();
    claim.status = None;
    let resources = claim.spec.take().and_then(|spec| spec.resources);
    claim.spec = Some(PersistentVolumeClaimSpec {
        resources,
        ..PersistentVolumeClaimSpec::default()
    });
}

fn prune_pod(pod: &mut Pod) {
    pod.managed_fields_mut().clear();
    if let Some(spec) = pod.spec.take() {
        pod.spec = Some(PodSpec {
            node_name: spec.node_name,
            ..PodSpec::default()
        });
    }
}
