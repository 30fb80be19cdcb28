//! The kinds of write to the API server. Each creates an object that does not exist, or carries the
//! identity of its object.

use std::fmt::Debug;

use dataflow::label;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::{Api, Client, Resource, ResourceExt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::error::{Call, ReconcileError};
use crate::observed::Version;

/// Creates a child object, unless an object of another owner has its name.
///
/// Race: if the child itself exists, another operator has just created it. That is a conflict.
pub(super) async fn create<K>(
    client: &Client,
    namespace: &str,
    object: &K,
) -> Result<(), ReconcileError>
where
    K: Child,
{
    // Order: the read comes first. Otherwise a Dataflow that waits for a name would send a write at
    // every reconcile.
    confirm_free_or_ours::<K>(client, namespace, object).await?;
    create_unowned(client, namespace, object).await
}

/// Creates an object without an owner. An existing object of this name is a conflict.
pub(super) async fn create_unowned<K>(
    client: &Client,
    namespace: &str,
    object: &K,
) -> Result<(), ReconcileError>
where
    K: Child,
{
    api::<K>(client, namespace)
        .create(&PostParams::default(), object)
        .await
        .map_err(ReconcileError::api(Call::Create, "create an object"))?;
    Ok(())
}

/// Checks that no object of another owner has the name.
///
/// The caches contain only objects with our labels, so the API server is asked.
pub(super) async fn confirm_free_or_ours<K>(
    client: &Client,
    namespace: &str,
    object: &K,
) -> Result<(), ReconcileError>
where
    K: Child,
{
    let held = api::<K>(client, namespace)
        .get_metadata_opt(&object.name_any())
        .await
        .map_err(ReconcileError::api(
            Call::Read,
            "look up the owner of a child object",
        ))?;
    let Some(held) = held else { return Ok(()) };
    let owner = object.owner_references().first();
    let ours = held.owner_references().iter().any(|held| {
        held.controller == Some(true)
            && owner.is_some_and(|owner| owner.kind == held.kind && owner.name == held.name)
    });
    if ours || held.metadata.deletion_timestamp.is_some() {
        return Ok(());
    }
    Err(ReconcileError::NameTaken(format!(
        "{} {}",
        K::kind(&()),
        object.name_any()
    )))
}

/// Replaces an object that was pinned by [`pin`].
pub(super) async fn replace<K>(
    client: &Client,
    namespace: &str,
    object: &K,
) -> Result<(), ReconcileError>
where
    K: Child,
{
    api::<K>(client, namespace)
        .replace(&object.name_any(), &PostParams::default(), object)
        .await
        .map_err(ReconcileError::api(Call::Existing, "update a child object"))?;
    Ok(())
}

/// Pins an object to a version: a later write fails if the object has changed.
pub(super) fn pin(meta: &mut ObjectMeta, version: &Version) {
    meta.uid = Some(version.uid.clone());
    meta.resource_version = Some(version.resource_version.clone());
}

/// Deletes an object gracefully, if it still has the observed UID.
pub(super) async fn delete<K>(
    client: &Client,
    namespace: &str,
    name: &str,
    version: &Version,
) -> Result<(), ReconcileError>
where
    K: Child,
{
    // Without the resourceVersion: a status change of the same object must not prevent its deletion.
    let only_this = Preconditions {
        uid: Some(version.uid.clone()),
        ..Preconditions::default()
    };
    let params = DeleteParams::background().preconditions(only_this);
    api::<K>(client, namespace)
        .delete(name, &params)
        .await
        .map_err(ReconcileError::api(Call::Existing, "delete a child object"))?;
    Ok(())
}

/// Stops a gang, if its `StatefulSet` has not changed since it was observed.
pub(super) async fn scale_to_zero(
    client: &Client,
    namespace: &str,
    name: &str,
    version: &Version,
) -> Result<(), ReconcileError> {
    let change = json!({ "replicas": 0 });
    patch_set(client, namespace, name, version, change)
        .await
        .map_err(ReconcileError::api(Call::Existing, "stop the gang"))
}

/// Adds a scheduling gate to the pod template, if the `StatefulSet` has not changed since it was
/// observed. A new pod of the gang then stays pending; existing pods are not affected.
pub(super) async fn gate(
    client: &Client,
    namespace: &str,
    name: &str,
    version: &Version,
) -> Result<(), ReconcileError> {
    let gates = json!([{ "name": label::ENDED }]);
    let change = json!({ "template": { "spec": { "schedulingGates": gates } } });
    patch_set(client, namespace, name, version, change)
        .await
        .map_err(ReconcileError::api(
            Call::Existing,
            "add a scheduling gate to the gang",
        ))
}

/// Requests another size for a PVC, if it still has the observed UID.
pub(super) async fn grow(
    client: &Client,
    namespace: &str,
    name: &str,
    uid: &str,
    size: &str,
) -> Result<(), kube::Error> {
    let patch = json!({
        "metadata": { "uid": uid },
        "spec": { "resources": { "requests": { "storage": size } } },
    });
    api::<PersistentVolumeClaim>(client, namespace)
        .patch(name, &PatchParams::default(), &Patch::Merge(&patch))
        .await
        .map(drop)
}

async fn patch_set(
    client: &Client,
    namespace: &str,
    name: &str,
    version: &Version,
    spec: Value,
) -> Result<(), kube::Error> {
    let patch = json!({
        "metadata": { "uid": version.uid, "resourceVersion": version.resource_version },
        "spec": spec,
    });
    api::<StatefulSet>(client, namespace)
        .patch(name, &PatchParams::default(), &Patch::Merge(&patch))
        .await
        .map(drop)
}

/// Any kind of child object.
pub(super) trait Child:
    Resource<Scope = NamespaceResourceScope, DynamicType = ()>
    + Clone
    + Debug
    + DeserializeOwned
    + Serialize
{
}

impl<K> Child for K where
    K: Resource<Scope = NamespaceResourceScope, DynamicType = ()>
        + Clone
        + Debug
        + DeserializeOwned
        + Serialize
{
}

fn api<K: Child>(client: &Client, namespace: &str) -> Api<K> {
    Api::namespaced(client.clone(), namespace)
}
