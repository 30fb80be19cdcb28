//! Moves partitions to other volumes.

use super::{
    plan::{NewFile, Place, Plan},
    prepare::unwritten,
    volumes::Volumes,
};
use crate::{
    disk::Disk,
    fault::Refusal,
    partition::{Partition, PartitionFacts, Passport},
    spec::{Change, ChangeSpec},
    verify::refusal,
    volume::ChangeFile,
};

/// Copies every partition whose volume changes, as incoming files.
pub(super) fn prepare(
    disk: &mut Disk<'_>,
    spec: &ChangeSpec,
    volumes: &Volumes,
    _: &[PartitionFacts],
) -> Result<Plan, Refusal> {
    let Change::Move { before, .. } = &spec.change else {
        return Ok(Plan::new(spec, Vec::new(), Vec::new()));
    };
    let (mut retire, mut activate) = (Vec::new(), Vec::new());
    for ((index, from), (_, to)) in before.iter().zip(spec.placement.iter()) {
        if from != to {
            let [from, to] = [from, to].map(|volume| Place { index, volume });
            activate.push(copy(disk, spec, volumes, from, to)?);
            retire.push(from);
        }
    }
    Ok(Plan::new(spec, retire, activate))
}

fn copy(
    disk: &mut Disk<'_>,
    spec: &ChangeSpec,
    volumes: &Volumes,
    from: Place,
    to: Place,
) -> Result<NewFile, Refusal> {
    let source = from.of(volumes).partition(from.index);
    let file = ChangeFile {
        change_number: spec.change_number,
        index: to.index,
    };
    let target = to.of(volumes).incoming(file);
    let refused = |error| refusal(from.of(volumes), from.index, error);
    disk.sqlite(&source)?;
    let original = Partition::open(&source).map_err(refused)?;
    original.checkpoint().map_err(refused)?;
    let passport = Passport {
        change_number: spec.change_number,
        ..original.passport().map_err(refused)?
    };
    let rows = original.row_counts().map_err(refused)?;
    // Order: SQLite closes the file before it is read as bytes. Closing any descriptor of a file
    // releases the locks that SQLite holds on it in this process.
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
