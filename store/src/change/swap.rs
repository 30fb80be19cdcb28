//! Swaps the files of a store change: takes all old files out of use, then puts the new ones into use.
//!
//! Once the swap has begun, it is only ever completed, never undone. A crash leaves the volumes in one
//! of these states; N is the number of the store change:
//!
//! | files on the volumes after the crash | has the swap begun? | next run |
//! |---|---|---|
//! | old set in use; no file of change N, or some `.incoming` ones | no | begins again and writes all new files again |
//! | the same, and the plan on some or all volumes | no | begins again and writes all new files again |
//! | plan on all volumes; at least one old file is `.N.retired` | yes | completes the swap by the plan |
//! | all old files are `.N.retired`; some new files are in use | yes | completes the swap by the plan |
//! | all new files are in use | yes | changes nothing, reports [`Done::Already`] |
//!
//! So a gang never starts on a mixture: in the two states in between, partitions are missing, and
//! verification refuses the volumes until the swap is complete.
//!
//! For each old file (`retire`):
//!
//! | `part-I.sqlite3` | `part-I.N.retired` | action |
//! |---|---|---|
//! | old file | absent | checkpoint, sync, rename to `.N.retired` |
//! | absent | present | none: renamed before the crash |
//! | file of change N | any | none: the new file has the name already |
//! | old file | present | refuse: another program changed the volume |
//! | absent | absent | refuse: another program changed the volume |
//!
//! For each new file (`activate`), after all old ones:
//!
//! | `part-I.sqlite3` | `part-I.N.incoming` | action |
//! |---|---|---|
//! | absent | checksum of the plan | rename to `part-I.sqlite3` |
//! | file of change N | any | none: renamed before the crash |
//! | old file | any | refuse: another program changed the volume |
//! | absent | absent or another checksum | refuse: another program changed the volume |

use super::{
    plan::{NewFile, Place, Plan},
    volumes::{Volumes, expectation, verify_all},
};
use crate::{
    disk::Disk,
    fault::{Fault, FaultKind, Refusal},
    partition::{COMPANIONS, Partition, PartitionError, companion},
    spec::ChangeSpec,
    verify::refusal,
    volume::{ChangeFile, Volume, partition_name},
};

/// The outcome of a store change.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Done {
    /// This run has changed the store.
    Changed,
    /// An earlier run of the same change had completed it. This run changed nothing.
    Already,
}

/// Whether the swap of a store change has begun. It has if, on any volume, a file of the change is in use
/// or an old file is retired.
pub(super) fn has_begun(change_number: u64, volumes: &Volumes) -> Result<bool, Refusal> {
    for volume in volumes.values() {
        let contents = volume.contents()?;
        if contents
            .retired
            .iter()
            .any(|file| file.change_number == change_number)
        {
            return Ok(true);
        }
        // An unreadable file is ignored here: the verification of the old or new set reports it.
        let of_change = |index: &u32| {
            let passport = Partition::open_read_only(&volume.partition(*index))
                .and_then(|part| part.passport());
            passport.is_ok_and(|passport| passport.change_number == change_number)
        };
        if contents.partitions.iter().any(of_change) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Completes a swap that has begun. If it had completed before, the plan is not needed and may be gone.
pub(super) fn complete(
    disk: &mut Disk<'_>,
    spec: &ChangeSpec,
    volumes: &Volumes,
) -> Result<Done, Refusal> {
    match verify_all(volumes, &expectation(spec, &spec.placement)) {
        Ok(_) => Ok(Done::Already),
        Err(Refusal::Faults(_)) => run(disk, &Plan::find(spec, volumes)?, volumes),
        Err(refusal) => Err(refusal),
    }
}

/// Performs the swap, from the state in which an earlier run left it.
pub(super) fn run(disk: &mut Disk<'_>, plan: &Plan, volumes: &Volumes) -> Result<Done, Refusal> {
    let mut done = Done::Already;
    // Order: all old files first, because a new file may need the name of any of them.
    for place in &plan.retire {
        if retire(disk, plan, *place, place.of(volumes))? {
            done = Done::Changed;
        }
        if plan.may_be_damaged {
            retire_companions(disk, plan.change_number, *place, place.of(volumes))?;
        }
    }
    for file in &plan.activate {
        if activate(disk, plan.change_number, file, file.place.of(volumes))? {
            done = Done::Changed;
        }
    }
    Ok(done)
}

/// Takes an old file out of use. Returns whether this call has renamed it.
fn retire(
    disk: &mut Disk<'_>,
    plan: &Plan,
    place: Place,
    volume: &Volume,
) -> Result<bool, Refusal> {
    let path = volume.partition(place.index);
    let retired = volume.retired(change_file(plan.change_number, place));
    if !path.exists() {
        return if retired.exists() {
            Ok(false)
        } else {
            Err(inconsistent(volume, place, "neither in use nor retired"))
        };
    }
    let Some(old) = open_old(plan, place, volume)? else {
        return Ok(false);
    };
    if retired.exists() {
        return Err(inconsistent(
            volume,
            place,
            "in use although it was retired",
        ));
    }
    if let OldFile::Intact(partition) = old {
        disk.sqlite(&path)?;
        let checkpointed = partition.checkpoint();
        drop(partition);
        match checkpointed {
            Ok(()) => {
                disk.sync_file(&path)?;
                disk.sync_folder_of(&path)?;
                refuse_companions(volume, place.index)?;
            }
            Err(error) => tolerate_damage(plan, place, volume, error)?,
        }
    }
    disk.rename(&path, &retired)?;
    Ok(true)
}

/// An old file that the swap takes out of use.
enum OldFile {
    /// The file can be opened.
    Intact(Partition),
    /// The file cannot be opened, and the change does not need its content.
    Damaged,
}

/// Opens the old file; `None` if the file under its name is already the new one.
fn open_old(plan: &Plan, place: Place, volume: &Volume) -> Result<Option<OldFile>, Refusal> {
    let opened = Partition::open(&volume.partition(place.index))
        .and_then(|partition| Ok((partition.passport()?, partition)));
    match opened {
        Ok((passport, _)) if passport.change_number == plan.change_number => Ok(None),
        Ok((_, partition)) => Ok(Some(OldFile::Intact(partition))),
        Err(error) => tolerate_damage(plan, place, volume, error).map(|()| Some(OldFile::Damaged)),
    }
}

/// Accepts a file that cannot be opened, if the change does not need its content (restore and reset). A
/// file that another process has locked is not damaged, and is refused.
fn tolerate_damage(
    plan: &Plan,
    place: Place,
    volume: &Volume,
    error: PartitionError,
) -> Result<(), Refusal> {
    if plan.may_be_damaged && !matches!(error, PartitionError::Busy(_)) {
        Ok(())
    } else {
        Err(refusal(volume, place.index, error))
    }
}

/// Renames the companions of a retired damaged file too, before another file gets its name. SQLite would
/// treat them as part of that file.
fn retire_companions(
    disk: &mut Disk<'_>,
    change_number: u64,
    place: Place,
    volume: &Volume,
) -> Result<(), Refusal> {
    let path = volume.partition(place.index);
    let retired = volume.retired(change_file(change_number, place));
    for end in COMPANIONS {
        let beside = companion(&path, end);
        if beside.exists() && !path.exists() {
            disk.rename(&beside, &companion(&retired, end))?;
        }
    }
    Ok(())
}

/// Puts a new file into use. Returns whether this call has renamed it.
fn activate(
    disk: &mut Disk<'_>,
    change_number: u64,
    file: &NewFile,
    volume: &Volume,
) -> Result<bool, Refusal> {
    let place = file.place;
    let path = volume.partition(place.index);
    if path.exists() {
        let passport = Partition::open(&path).and_then(|partition| partition.passport());
        let passport = passport.map_err(|error| refusal(volume, place.index, error))?;
        return if passport.change_number == change_number {
            Ok(false)
        } else {
            Err(inconsistent(
                volume,
                place,
                "still the old one although it was retired",
            ))
        };
    }
    let incoming = change_file(change_number, place);
    if !file.is_intact(volume, incoming)? {
        return Err(inconsistent(
            volume,
            place,
            "prepared, but no longer intact",
        ));
    }
    refuse_companions(volume, place.index)?;
    disk.rename(&volume.incoming(incoming), &path)?;
    Ok(true)
}

fn change_file(change_number: u64, place: Place) -> ChangeFile {
    let Place { index, .. } = place;
    ChangeFile {
        change_number,
        index,
    }
}

/// Refuses companion files without a main file: SQLite would treat them as part of the file that gets
/// the name.
pub(super) fn refuse_companions(volume: &Volume, index: u32) -> Result<(), Refusal> {
    let path = volume.partition(index);
    let beside = COMPANIONS
        .into_iter()
        .filter(|end| companion(&path, end).exists())
        .map(|end| {
            let name = format!("{}{end}", partition_name(index));
            let sentence = "SQLite would treat it as part of the file that gets the name; move it \
                            away and run the store change again";
            Fault::file(volume, FaultKind::Leftover, &name, sentence.into())
        });
    let faults: Vec<_> = beside.collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Faults(faults))
    }
}

fn inconsistent(volume: &Volume, place: Place, state: &str) -> Refusal {
    let sentence = format!(
        "the partition is {state}: another program changed the volume during the store change; \
         restore the store from a backup"
    );
    let name = partition_name(place.index);
    Refusal::Faults(vec![Fault::file(
        volume,
        FaultKind::Unfinished,
        &name,
        sentence,
    )])
}
