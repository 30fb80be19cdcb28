//! Reads the metadata that every child has: version, owner and stamp.

use std::collections::BTreeMap;

use dataflow::label;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::identity::Identity;
use crate::observed::{ChildState, Ownership, Stamp, Version};

/// Returns the version of an object, the precondition of a write to it.
pub(super) fn version(meta: &ObjectMeta) -> Version {
    Version {
        uid: meta.uid.clone().unwrap_or_default(),
        resource_version: meta.resource_version.clone().unwrap_or_default(),
    }
}

/// Reads the stamp from the labels and annotations of a pod or a pod template. `None` if a label is
/// missing.
pub(super) fn stamp(
    labels: &BTreeMap<String, String>,
    annotations: &BTreeMap<String, String>,
) -> Option<Stamp> {
    Some(Stamp {
        revision: labels.get(label::REVISION)?.clone(),
        processes: labels.get(label::PROCESSES)?.parse().ok()?,
        start: labels.get(label::START)?.parse().ok()?,
        restarted_at: annotations.get(label::RESTARTED_AT).cloned(),
    })
}

/// Returns the controlling owner of an object.
pub(super) fn controller(meta: &ObjectMeta) -> Option<&OwnerReference> {
    meta.owner_references
        .iter()
        .flatten()
        .find(|owner| owner.controller == Some(true))
}

/// Whether the Dataflow is the controlling owner of an object.
pub(super) fn is_owned(meta: &ObjectMeta, identity: &Identity) -> bool {
    controller(meta).is_some_and(|owner| owner.uid == identity.uid)
}

/// Returns the ownership of a name: free, terminating, of an earlier Dataflow of this name, foreign or
/// owned.
pub(super) fn ownership<T>(
    kind: &str,
    held: Option<(&ObjectMeta, T)>,
    identity: &Identity,
) -> Ownership<T> {
    let Some((meta, value)) = held else {
        return Ownership::Absent;
    };
    match controller(meta) {
        _ if meta.deletion_timestamp.is_some() => Ownership::Terminating,
        Some(owner) if owner.uid == identity.uid => Ownership::Owned(value),
        // The Dataflow was deleted and recreated; the garbage collector has yet to delete this object.
        Some(owner) if owner.kind == "Dataflow" && owner.name == identity.name => {
            Ownership::Inherited
        }
        Some(_) | None => Ownership::Foreign(format!(
            "{kind} {}",
            meta.name.as_deref().unwrap_or_default()
        )),
    }
}

/// Returns the state of a child. An owned child is current unless `drifted` returns its version.
pub(super) fn child_state<T>(
    ownership: &Ownership<T>,
    drifted: impl FnOnce(&T) -> Option<Version>,
) -> ChildState {
    match ownership {
        Ownership::Absent => ChildState::Absent,
        Ownership::Terminating | Ownership::Inherited => ChildState::Terminating,
        Ownership::Foreign(what) => ChildState::Foreign(what.clone()),
        Ownership::Owned(live) => drifted(live).map_or(ChildState::Current, ChildState::Drifted),
    }
}
