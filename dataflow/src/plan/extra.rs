//! The user's own volumes, from `extraVolumeMounts` in `chartValues`.

use k8s_openapi::api::core::v1::{
    EmptyDirVolumeSource, HostPathVolumeSource, PersistentVolumeClaimVolumeSource, Volume,
    VolumeMount,
};

use crate::chart_values::ExtraVolumeMount;
use crate::spec::absent::{filled, present};

/// Returns the mount of a volume in the container that runs the user's code.
pub(super) fn mount(extra: &ExtraVolumeMount) -> VolumeMount {
    VolumeMount {
        mount_path: extra.mount_path.clone(),
        name: name(extra),
        read_only: extra.read_only,
        sub_path: filled(extra.sub_path.as_ref()),
        ..VolumeMount::default()
    }
}

/// Returns the volume: a PVC, a folder of the node, or an empty folder.
pub(super) fn volume(extra: &ExtraVolumeMount) -> Volume {
    let mut volume = Volume {
        name: name(extra),
        ..Volume::default()
    };
    if let Some(claim) = present(extra.existing_claim.as_ref()) {
        volume.persistent_volume_claim = Some(PersistentVolumeClaimVolumeSource {
            claim_name: claim.clone(),
            read_only: None,
        });
    } else if let Some(path) = present(extra.host_path.as_ref()) {
        volume.host_path = Some(HostPathVolumeSource {
            path: path.clone(),
            type_: None,
        });
    } else {
        volume.empty_dir = Some(EmptyDirVolumeSource::default());
    }
    volume
}

/// Returns the name of the volume in the pod. The prefix prevents conflicts with the platform's volumes.
fn name(extra: &ExtraVolumeMount) -> String {
    format!("extra-{}", extra.name)
}
