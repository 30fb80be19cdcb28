//! Locks, verifies and marks the volumes of a store change.

use std::collections::BTreeMap;

use crate::{
    disk::Disk,
    fault::Refusal,
    fence::{Fence, FenceError},
    partition::PartitionFacts,
    spec::{ChangeSpec, Placement},
    verify::{Expectation, verify},
    volume::Volume,
};

/// The mounted volumes, by ordinal.
pub(crate) type Volumes = BTreeMap<u32, Volume>;

/// Returns the volumes that the store pod mounts.
pub(super) fn volumes(spec: &ChangeSpec) -> Volumes {
    let volume = |ordinal: u32| Volume {
        ordinal,
        claim: spec
            .claim_of(ordinal)
            .cloned()
            .expect("a valid spec names the PVC of every mounted volume"),
        folder: spec.folder_of(ordinal),
    };
    let ordinals = spec.volumes.iter();
    ordinals
        .map(|ordinal| (*ordinal, volume(*ordinal)))
        .collect()
}

/// Locks all volumes exclusively, or none of them.
pub(super) fn fence(volumes: &Volumes) -> Result<Vec<Fence>, Refusal> {
    let enter = |volume: &Volume| {
        let refused = |error: FenceError| Refusal::fence(volume, error);
        Fence::exclusive([volume.folder.as_path()]).map_err(refused)
    };
    volumes.values().map(enter).collect()
}

/// Returns the expected content of the volumes according to the spec, with another placement.
pub(super) fn expectation<'a>(spec: &'a ChangeSpec, placement: &'a Placement) -> Expectation<'a> {
    Expectation {
        store: &spec.store,
        timeline: &spec.timeline,
        change_number: spec.change_number,
        start: spec.start,
        placement,
        open: None,
    }
}

/// Verifies every mounted volume and reports the faults of all.
pub(super) fn verify_all(
    volumes: &Volumes,
    expected: &Expectation<'_>,
) -> Result<Vec<PartitionFacts>, Refusal> {
    let (mut facts, mut faults) = (Vec::new(), Vec::new());
    for volume in volumes.values() {
        match verify(volume, expected) {
            Ok(found) => facts.extend(found),
            Err(Refusal::Faults(found)) => faults.extend(found),
            Err(refusal) => return Err(refusal),
        }
    }
    if faults.is_empty() {
        Ok(facts)
    } else {
        Err(Refusal::Faults(faults))
    }
}

/// Writes the change number into every volume header.
///
/// Order: before anything else is changed. A paused pod of an older change that continues later then
/// finds a higher number and stops.
pub(super) fn write_headers(
    disk: &mut Disk<'_>,
    spec: &ChangeSpec,
    volumes: &Volumes,
) -> Result<(), Refusal> {
    for volume in volumes.values() {
        volume.write_header(disk, &spec.store, spec.change_number, spec.start)?;
    }
    Ok(())
}
