//! The volumes of a job: taken alone, verified, and noted on.

use std::collections::BTreeMap;

use crate::{
    disk::Disk,
    fault::Refusal,
    fence::{Fence, FenceError},
    orders::{JobOrders, Placement},
    partition::PartitionFacts,
    verify::{Expectation, verify},
    volume::Volume,
};

/// The mounted volumes.
pub(crate) type Volumes = BTreeMap<u32, Volume>;

/// The volumes that a job mounts.
pub(super) fn volumes(orders: &JobOrders) -> Volumes {
    let volume = |ordinal: u32| Volume {
        ordinal,
        claim: orders
            .claim_of(ordinal)
            .cloned()
            .expect("orders without contradictions name the claim of every mounted volume"),
        folder: orders.folder_of(ordinal),
    };
    let ordinals = orders.volumes.iter();
    ordinals
        .map(|ordinal| (*ordinal, volume(*ordinal)))
        .collect()
}

/// Takes all volumes alone. Without every one of them, none.
pub(super) fn fence(volumes: &Volumes) -> Result<Vec<Fence>, Refusal> {
    let enter = |volume: &Volume| {
        let refused = |error: FenceError| Refusal::fence(volume, error);
        Fence::alone([volume.folder.as_path()]).map_err(refused)
    };
    volumes.values().map(enter).collect()
}

/// What the volumes should hold by the orders, with this placement.
pub(super) fn expectation<'a>(orders: &'a JobOrders, placement: &'a Placement) -> Expectation<'a> {
    Expectation {
        store: &orders.store,
        timeline: &orders.timeline,
        step: orders.step,
        start: orders.start,
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

/// Notes the step on every volume before anything else changes: a paused older job that wakes up
/// then finds itself outdated.
pub(super) fn note_step(
    disk: &mut Disk<'_>,
    orders: &JobOrders,
    volumes: &Volumes,
) -> Result<(), Refusal> {
    for volume in volumes.values() {
        volume.note(disk, &orders.store, orders.step, orders.start)?;
    }
    Ok(())
}
