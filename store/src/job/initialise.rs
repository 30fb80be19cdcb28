//! The empty partitions of a new store, on volumes that were made for it.

use super::{
    flip::{Done, nothing_beside},
    prepare::{self, unwritten},
    volumes::{Volumes, expectation, note_step, verify_all},
};
use crate::{
    disk::Disk,
    fault::{Fault, FaultKind, Refusal},
    orders::JobOrders,
    partition::{Partition, Passport},
    volume::{JobFile, Record, Volume},
};

/// Makes what is missing on the mounted volumes.
///
/// Empty partitions of one step are all alike, so the step may be cut short and continued as often
/// as it takes. It ends for good with the first start: from then on a missing one is a loss.
pub(super) fn run(
    disk: &mut Disk<'_>,
    orders: &JobOrders,
    volumes: &Volumes,
) -> Result<Done, Refusal> {
    let faults: Vec<_> = volumes
        .values()
        .filter_map(|volume| not_ours(orders, volume).transpose())
        .collect::<Result<_, Refusal>>()?;
    if !faults.is_empty() {
        return Err(Refusal::Faults(faults));
    }
    // First of all: a file without a record would be taken for another store's.
    note_step(disk, orders, volumes)?;
    prepare::clear(disk, volumes, None)?;
    let mut done = Done::Already;
    for (ordinal, volume) in volumes {
        let there = volume.contents()?.partitions;
        for index in orders.placement.on(*ordinal) {
            if !there.contains(&index) {
                make(disk, orders, volume, index)?;
                done = Done::Changed;
            }
        }
    }
    verify_all(volumes, &expectation(orders, &orders.placement))?;
    Ok(done)
}

/// A volume that was not made for this step.
fn not_ours(orders: &JobOrders, volume: &Volume) -> Result<Option<Fault>, Refusal> {
    let contents = volume.contents()?;
    let fault = |sentence: String| Some(Fault::volume(volume, FaultKind::Foreign, sentence));
    let record = match volume.record() {
        Ok(record) => record,
        Err(error) => return Ok(fault(format!("{error}; empty the volume to start anew"))),
    };
    Ok(match record {
        None if contents.is_untouched() => None,
        None => fault(
            "it already holds recovery files, and a new store begins with an empty volume; take \
             them over with the action Adopt, or move them away"
                .into(),
        ),
        Some(Record { store, step, .. }) if store != orders.store || step != orders.step => {
            fault(format!(
                "it was already used by store {store} in step {step}, and a new store begins with \
                 an empty volume; take the store over with the action Adopt, or empty the volume"
            ))
        }
        Some(Record { start, .. }) if start > orders.start => fault(format!(
            "the store has been in use since start {start}, and what is missing now is a loss; \
             restore the store from a backup"
        )),
        Some(Record { claim, .. }) if claim != volume.claim => fault(format!(
            "its content was copied from claim {claim}; mount the original"
        )),
        Some(_) => None,
    })
}

fn make(
    disk: &mut Disk<'_>,
    orders: &JobOrders,
    volume: &Volume,
    index: u32,
) -> Result<(), Refusal> {
    let passport = Passport {
        store: orders.store.clone(),
        timeline: orders.timeline.clone(),
        branch: None,
        step: orders.step,
        last_start: None,
        highest_commit: None,
    };
    let incoming = volume.incoming(JobFile {
        step: orders.step,
        index,
    });
    disk.sqlite(&incoming)?;
    Partition::create(&incoming, index, orders.placement.count(), &passport)
        .map(drop)
        .map_err(|error| unwritten(&incoming, error))?;
    disk.sync_file(&incoming)?;
    disk.sync_folder_of(&incoming)?;
    nothing_beside(volume, index)?;
    disk.rename(&incoming, &volume.partition(index))?;
    Ok(())
}
