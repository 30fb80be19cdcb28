//! Reads the `StatefulSet`, its pods and the probe pods of one Dataflow.

use dataflow::label;
use dataflow::name::DataflowName;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod as ApiPod;
use kube::api::ListParams;
use kube::runtime::reflector::ObjectRef;
use kube::{Api, Client};

use super::cache::Caches;
use super::identity::Identity;
use super::{object, pod, template};
use crate::observed::{Gang, Ownership, Pod, Probe};

/// Returns the gang, or the owner of its name.
pub(super) fn gang(caches: &Caches, identity: &Identity) -> Ownership<Gang> {
    let name = ObjectRef::new(&identity.name).within(&identity.namespace);
    let held = caches.sets.get(&name);
    let held = held.as_ref().map(|set| (&set.metadata, read_gang(set)));
    object::ownership("StatefulSet", held, identity)
}

fn read_gang(set: &StatefulSet) -> Gang {
    let spec = set.spec.clone().unwrap_or_default();
    let status = set.status.clone().unwrap_or_default();
    let meta = spec.template.metadata.unwrap_or_default();
    let pod = spec.template.spec.unwrap_or_default();
    let (store, retention) = (template::ledger(&pod), template::retention(&pod));
    let gates = pod.scheduling_gates.unwrap_or_default();
    let generation = set.metadata.generation.unwrap_or_default();
    Gang {
        version: object::version(&set.metadata),
        replicas: spec.replicas.unwrap_or(1),
        stamp: object::stamp(
            &meta.labels.unwrap_or_default(),
            &meta.annotations.unwrap_or_default(),
        ),
        settled: status.observed_generation.unwrap_or_default() >= generation,
        existing: status.replicas,
        gated: gates.iter().any(|gate| gate.name == label::ENDED),
        own_volumes: spec
            .volume_claim_templates
            .is_some_and(|all| !all.is_empty()),
        store,
        retention,
    }
}

/// Returns the pods with the gang's labels, regardless of their owner, sorted by name.
pub(super) fn pods(caches: &Caches, identity: &Identity) -> Vec<Pod> {
    let Identity {
        namespace, name, ..
    } = identity;
    let found = caches.pods_of(namespace, name, label::PROCESS);
    let mut pods: Vec<Pod> = found.iter().map(|pod| pod::process(pod)).collect();
    pods.sort_by(|one, other| one.name.cmp(&other.name));
    pods
}

/// Returns the probe pods that the Dataflow owns.
pub(super) fn probes(caches: &Caches, identity: &Identity) -> Vec<Probe> {
    let Identity {
        namespace, name, ..
    } = identity;
    let found = caches.pods_of(namespace, name, label::PROBE);
    let ours = found
        .iter()
        .filter(|pod| object::is_owned(&pod.metadata, identity));
    ours.map(|pod| pod::probe(pod)).collect()
}

/// Lists the pods with the gang's labels from the API server, past the cache.
///
/// # Errors
///
/// Fails if the API server does not answer.
pub(crate) async fn list_pods(
    client: &Client,
    namespace: &str,
    name: &DataflowName,
) -> Result<Vec<Pod>, kube::Error> {
    let api: Api<ApiPod> = Api::namespaced(client.clone(), namespace);
    let selector = label::selector_text(name);
    let pods = api.list(&ListParams::default().labels(&selector)).await?;
    Ok(pods.items.iter().map(pod::process).collect())
}
