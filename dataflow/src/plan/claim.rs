//! The PVCs of the recovery volumes, and the mount of such a volume in the pod of a process.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{
    PersistentVolumeClaim, PersistentVolumeClaimSpec, Volume, VolumeMount,
    VolumeResourceRequirements,
};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

use super::context::{PlanContext, StoreLayout};
use super::volume::{claimed, mount};
use crate::label;
use crate::name::DataflowName;
use crate::placement::SHARED_VOLUME;
use crate::reserved::RECOVERY_FOLDER;
use crate::validate::{ValidatedDataflow, ValidatedRecovery};

/// Name of the recovery volume in a pod. The StatefulSet builds the name of the PVC from this name and the pod's name.
pub(super) const VOLUME: &str = "recovery";

/// Annotations that prevent Argo CD and Flux from deleting PVCs, since they contain state.
const KEEP: [(&str, &str); 3] = [
    (
        "argocd.argoproj.io/sync-options",
        "Prune=false,Delete=false",
    ),
    ("argocd.argoproj.io/compare-options", "IgnoreExtraneous"),
    ("kustomize.toolkit.fluxcd.io/prune", "disabled"),
];

/// Returns the PVC of one recovery volume. It has no owner, because the state must outlive the Dataflow.
#[must_use]
pub fn claim(
    dataflow: &ValidatedDataflow,
    recovery: &ValidatedRecovery,
    context: &PlanContext,
    volume: u32,
    store: &StoreLayout,
) -> PersistentVolumeClaim {
    let name = claim_name(&dataflow.name, volume);
    let mut annotations: BTreeMap<String, String> = KEEP
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    annotations.insert(label::STORE_ID.to_owned(), store.id.clone());
    annotations.insert(
        label::STORE_STEP.to_owned(),
        store.change_number.to_string(),
    );
    let mut labels = label::common(&dataflow.name);
    labels.insert(label::COMPONENT.to_owned(), label::STORE.to_owned());
    PersistentVolumeClaim {
        metadata: ObjectMeta {
            annotations: Some(annotations),
            labels: Some(labels),
            name: Some(name),
            namespace: Some(context.namespace.clone()),
            ..ObjectMeta::default()
        },
        spec: Some(claim_spec(&recovery.size, recovery.storage_class.as_ref())),
        status: None,
    }
}

/// Returns the name of the PVC of one volume.
#[must_use]
pub fn claim_name(name: &DataflowName, volume: u32) -> String {
    match volume {
        SHARED_VOLUME => name.shared_recovery_claim(),
        ordinal => name.recovery_claim(ordinal),
    }
}

/// Returns the volume claim template of the StatefulSet.
///
/// Only its name matters: the operator creates all PVCs before the pods, so the StatefulSet creates none. The template
/// must never change, since the API server rejects such a change.
pub(super) fn claim_template() -> PersistentVolumeClaim {
    PersistentVolumeClaim {
        metadata: ObjectMeta {
            name: Some(VOLUME.to_owned()),
            ..ObjectMeta::default()
        },
        spec: Some(claim_spec("1Mi", None)),
        status: None,
    }
}

fn claim_spec(size: &str, storage_class: Option<&String>) -> PersistentVolumeClaimSpec {
    PersistentVolumeClaimSpec {
        access_modes: Some(vec!["ReadWriteOnce".to_owned()]),
        resources: Some(VolumeResourceRequirements {
            requests: Some(BTreeMap::from([(
                "storage".to_owned(),
                Quantity(size.to_owned()),
            )])),
            ..VolumeResourceRequirements::default()
        }),
        storage_class_name: storage_class.cloned(),
        ..PersistentVolumeClaimSpec::default()
    }
}

/// Returns the mount of the recovery volume in a process's container.
pub(super) fn process_mount() -> VolumeMount {
    mount(VOLUME, RECOVERY_FOLDER)
}

/// Returns the recovery volume that all processes share.
pub(super) fn shared_volume(name: &DataflowName) -> Volume {
    claimed(VOLUME, name.shared_recovery_claim())
}
