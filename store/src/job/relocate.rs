//! Bringing partitions to other volumes.

use super::{
    plan::{NewFile, Place, Plan},
    prepare::unwritten,
    volumes::Volumes,
};
use crate::{
    disk::Disk,
    fault::Refusal,
    orders::{Change, JobOrders},
    partition::{Partition, PartitionFacts, Passport},
    verify::refusal,
    volume::JobFile,
};

/// Copies every partition whose volume changes.
pub(super) fn prepare(
    disk: &mut Disk<'_>,
    orders: &JobOrders,
    volumes: &Volumes,
    _: &[PartitionFacts],
) -> Result<Plan, Refusal> {
    let Change::Move { before, .. } = &orders.change else {
        return Ok(Plan::new(orders, Vec::new(), Vec::new()));
    };
    let (mut retire, mut activate) = (Vec::new(), Vec::new());
    for ((index, from), (_, to)) in before.iter().zip(orders.placement.iter()) {
        if from != to {
            let [from, to] = [from, to].map(|volume| Place { index, volume });
            activate.push(copy(disk, orders, volumes, from, to)?);
            retire.push(from);
        }
    }
    Ok(Plan::new(orders, retire, activate))
}

fn copy(
    disk: &mut Disk<'_>,
    orders: &JobOrders,
    volumes: &Volumes,
    from: Place,
    to: Place,
) -> Result<NewFile, Refusal> {
    let source = from.of(volumes).partition(from.index);
    let file = JobFile {
        step: orders.step,
        index: to.index,
    };
    let target = to.of(volumes).incoming(file);
    let refused = |error| refusal(from.of(volumes), from.index, error);
    disk.sqlite(&source)?;
    let original = Partition::open(&source).map_err(refused)?;
    original.fold().map_err(refused)?;
    let passport = Passport {
        step: orders.step,
        ..original.passport().map_err(refused)?
    };
    let rows = original.row_counts().map_err(refused)?;
    // Closed before the file is read as bytes: closing a file gives back SQLite's locks on it.
    drop(original);
    disk.copy(&source, &target)?;
    disk.sqlite(&target)?;
    let written = Partition::open(&target).and_then(|mut copy| {
        copy.issue(&passport)?;
        copy.expect_rows(rows)
    });
    written.map_err(|error| unwritten(&target, error))?;
    NewFile::seal(disk, &target, to)
}
