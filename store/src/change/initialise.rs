//! Creates the empty partitions of a new store, on volumes that were created for it.

use super::{
    prepare::{self, unwritten},
    swap::{Done, refuse_companions},
    volumes::{Volumes, expectation, verify_all, write_headers},
};
use crate::{
    disk::Disk,
    fault::{Fault, FaultKind, Refusal},
    partition::{Partition, Passport},
    spec::ChangeSpec,
    volume::{ChangeFile, Volume, VolumeHeader},
};

/// Creates the missing partitions on the mounted volumes.
///
/// The empty partitions of one change are all alike, so the change may be interrupted and continued any
/// number of times. It is over with the first start: from then on, a missing partition is a loss.
pub(super) fn run(
    disk: &mut Disk<'_>,
    spec: &ChangeSpec,
    volumes: &Volumes,
) -> Result<Done, Refusal> {
    let faults: Vec<_> = volumes
        .values()
        .filter_map(|volume| reused_volume_fault(spec, volume).transpose())
        .collect::<Result<_, Refusal>>()?;
    if !faults.is_empty() {
        return Err(Refusal::Faults(faults));
    }
    // Order: headers first, because a file on a volume without a header counts as another store's.
    write_headers(disk, spec, volumes)?;
    prepare::clear(disk, volumes, None)?;
    let mut done = Done::Already;
    for (ordinal, volume) in volumes {
        let existing = volume.contents()?.partitions;
        for index in spec.placement.on(*ordinal) {
            if !existing.contains(&index) {
                create(disk, spec, volume, index)?;
                done = Done::Changed;
            }
        }
    }
    verify_all(volumes, &expectation(spec, &spec.placement))?;
    Ok(done)
}

/// Returns a fault if the volume was not created for this change.
fn reused_volume_fault(spec: &ChangeSpec, volume: &Volume) -> Result<Option<Fault>, Refusal> {
    let contents = volume.contents()?;
    let fault = |sentence: String| Some(Fault::volume(volume, FaultKind::Foreign, sentence));
    let header = match volume.header() {
        Ok(header) => header,
        Err(error) => return Ok(fault(format!("{error}; empty the volume to begin again"))),
    };
    Ok(match header {
        None if contents.is_untouched() => None,
        None => fault(
            "the volume already contains recovery files, but a new store needs an empty volume; take \
             them over with the action `Adopt`, or move them away"
                .into(),
        ),
        Some(VolumeHeader {
            store,
            change_number,
            ..
        }) if store != spec.store || change_number != spec.change_number => fault(format!(
            "the volume was already used by store {store} in store change {change_number}, but a new \
             store needs an empty volume; take over the store with the action `Adopt`, or empty the \
             volume"
        )),
        Some(VolumeHeader { start, .. }) if start > spec.start => fault(format!(
            "the store has been in use since start {start}, so a missing partition is a loss; restore \
             the store from a backup"
        )),
        Some(VolumeHeader { claim, .. }) if claim != volume.claim => fault(format!(
            "its content was copied from the PVC with UID {claim}; mount the original"
        )),
        Some(_) => None,
    })
}

fn create(
    disk: &mut Disk<'_>,
    spec: &ChangeSpec,
    volume: &Volume,
    index: u32,
) -> Result<(), Refusal> {
    let passport = Passport {
        store: spec.store.clone(),
        timeline: spec.timeline.clone(),
        branch: None,
        change_number: spec.change_number,
        last_start: None,
        highest_commit: None,
    };
    let incoming = volume.incoming(ChangeFile {
        change_number: spec.change_number,
        index,
    });
    disk.sqlite(&incoming)?;
    Partition::create(&incoming, index, spec.placement.count(), &passport)
        .map(drop)
        .map_err(|error| unwritten(&incoming, error))?;
    disk.sync_file(&incoming)?;
    disk.sync_folder_of(&incoming)?;
    refuse_companions(volume, index)?;
    disk.rename(&incoming, &volume.partition(index))?;
    Ok(())
}
