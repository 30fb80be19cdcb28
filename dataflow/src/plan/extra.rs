//! The user's own volumes, as the chart has them.

use k8s_openapi::api::core::v1::{
    EmptyDirVolumeSource, HostPathVolumeSource, PersistentVolumeClaimVolumeSource, Volume,
    VolumeMount,
};

use crate::chart_values::ExtraVolumeMount;
use crate::spec::absent::{filled, present};

/// Mounts a volume into the container that runs the user's code.
pub(super) fn mount(extra: &ExtraVolumeMount) -> VolumeMount {
    VolumeMount {
        mount_path: extra.mount_path.clone(),
        name: name(extra),
        read_only: extra.read_only,
        sub_path: filled(extra.sub_path.as_ref()),
        ..VolumeMount::default()
    }
}

/// The volume itself.
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

/// Apart from our own volumes, whatever the user calls it.
fn name(extra: &ExtraVolumeMount) -> String {
    format!("extra-{}", extra.name)
}
