//! What every object of ours carries: version, owner, stamp.

use std::collections::BTreeMap;

use dataflow::label;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};

use super::identity::Identity;
use crate::observed::{ChildState, Ownership, Stamp, Version};

/// The precondition of a write to this object.
pub(super) fn version(meta: &ObjectMeta) -> Version {
    Version {
        uid: meta.uid.clone().unwrap_or_default(),
        resource_version: meta.resource_version.clone().unwrap_or_default(),
    }
}

/// What labels and annotations say a pod or a template was started as.
pub(super) fn stamp(
    labels: &BTreeMap<String, String>,
    annotations: &BTreeMap<String, String>,
) -> Option<Stamp> {
    Some(Stamp {
        revision: labels.get(label::REVISION)?.clone(),
        size: labels.get(label::PROCESSES)?.parse().ok()?,
        start: labels.get(label::START)?.parse().ok()?,
        restarted_at: annotations.get(label::RESTARTED_AT).cloned(),
    })
}

/// The owner that controls an object.
pub(super) fn controller(meta: &ObjectMeta) -> Option<&OwnerReference> {
    meta.owner_references
        .iter()
        .flatten()
        .find(|owner| owner.controller == Some(true))
}

/// Whether an object belongs to the Dataflow.
pub(super) fn is_owned(meta: &ObjectMeta, identity: &Identity) -> bool {
    controller(meta).is_some_and(|owner| owner.uid == identity.uid)
}

/// Who holds a name: nobody, we, our predecessor of the same name, or a stranger.
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
        // A Dataflow that was deleted and made again: the garbage collector is still at work.
        Some(owner) if owner.kind == "Dataflow" && owner.name == identity.name => {
            Ownership::Inherited
        }
        Some(_) | None => Ownership::Foreign(format!(
            "{kind} {}",
            meta.name.as_deref().unwrap_or_default()
        )),
    }
}

/// How far a child has come that is right as soon as it is there.
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
