//! The flip: old files out of use, then new ones into use. Once begun it only goes forward.

use super::{
    plan::{NewFile, Place, Plan},
    volumes::{Volumes, expectation, verify_all},
};
use crate::{
    disk::Disk,
    fault::{Fault, FaultKind, Refusal},
    orders::JobOrders,
    partition::{COMPANIONS, Partition, PartitionError, companion},
    verify::refusal,
    volume::{JobFile, Volume, partition_name},
};

/// What a job did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Done {
    /// The store is as the orders say now.
    Changed,
    /// It already was: an earlier run of the same step had come to its end.
    Already,
}

/// Whether a file of the step is in use or out of use on any volume.
pub(super) fn has_begun(step: u64, volumes: &Volumes) -> Result<bool, Refusal> {
    for volume in volumes.values() {
        let contents = volume.contents()?;
        if contents.retired.iter().any(|file| file.step == step) {
            return Ok(true);
        }
        // An unreadable file says nothing here: verifying the old set or the new one names it.
        let of_step = |index: &u32| {
            let passport =
                Partition::look(&volume.partition(*index)).and_then(|part| part.passport());
            passport.is_ok_and(|passport| passport.step == step)
        };
        if contents.partitions.iter().any(of_step) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Brings a flip that has begun to its end. The plan may be gone when it has long come there.
pub(super) fn go_on(
    disk: &mut Disk<'_>,
    orders: &JobOrders,
    volumes: &Volumes,
) -> Result<Done, Refusal> {
    match verify_all(volumes, &expectation(orders, &orders.placement)) {
        Ok(_) => Ok(Done::Already),
        Err(Refusal::Faults(_)) => run(disk, &Plan::find(orders, volumes)?, volumes),
        Err(refusal) => Err(refusal),
    }
}

/// Goes to the end from wherever an earlier run stopped.
pub(super) fn run(disk: &mut Disk<'_>, plan: &Plan, volumes: &Volumes) -> Result<Done, Refusal> {
    let mut done = Done::Already;
    // All old files first: a new one may need the name of any of them.
    for place in &plan.retire {
        if retire(disk, plan, *place, place.of(volumes))? {
            done = Done::Changed;
        }
        if plan.damaged {
            take_along(disk, plan.step, *place, place.of(volumes))?;
        }
    }
    for file in &plan.activate {
        if activate(disk, plan.step, file, file.place.of(volumes))? {
            done = Done::Changed;
        }
    }
    Ok(done)
}

fn retire(
    disk: &mut Disk<'_>,
    plan: &Plan,
    place: Place,
    volume: &Volume,
) -> Result<bool, Refusal> {
    let path = volume.partition(place.index);
    let retired = volume.retired(job_file(plan.step, place));
    if !path.exists() {
        return if retired.exists() {
            Ok(false)
        } else {
            Err(lost(volume, place, "neither in use nor out of use"))
        };
    }
    let Some(old) = old(plan, place, volume)? else {
        return Ok(false);
    };
    if retired.exists() {
        return Err(lost(
            volume,
            place,
            "in use although it was taken out of use",
        ));
    }
    if let Old::Whole(partition) = old {
        disk.sqlite(&path)?;
        let folded = partition.fold();
        drop(partition);
        match folded {
            Ok(()) => {
                disk.sync_file(&path)?;
                disk.sync_folder_of(&path)?;
                nothing_beside(volume, place.index)?;
            }
            Err(error) => damage(plan, place, volume, error)?,
        }
    }
    disk.rename(&path, &retired)?;
    Ok(true)
}

/// A file that a flip takes out of use.
enum Old {
    /// It can be opened.
    Whole(Partition),
    /// It can't, and nobody needs to.
    Damaged,
}

/// Looks whether the old file still lies there; none when it is the new one already.
fn old(plan: &Plan, place: Place, volume: &Volume) -> Result<Option<Old>, Refusal> {
    let opened = Partition::open(&volume.partition(place.index))
        .and_then(|partition| Ok((partition.passport()?, partition)));
    match opened {
        Ok((passport, _)) if passport.step == plan.step => Ok(None),
        Ok((_, partition)) => Ok(Some(Old::Whole(partition))),
        Err(error) => damage(plan, place, volume, error).map(|()| Some(Old::Damaged)),
    }
}

/// Bears with a file that can't be opened when nobody needs it. Someone else at work on it is no
/// damage.
fn damage(
    plan: &Plan,
    place: Place,
    volume: &Volume,
    error: PartitionError,
) -> Result<(), Refusal> {
    if plan.damaged && !matches!(error, PartitionError::Busy(_)) {
        Ok(())
    } else {
        Err(refusal(volume, place.index, error))
    }
}

/// Takes along what lies beside a damaged file that is out of use, before its name is given away.
fn take_along(
    disk: &mut Disk<'_>,
    step: u64,
    place: Place,
    volume: &Volume,
) -> Result<(), Refusal> {
    let path = volume.partition(place.index);
    let retired = volume.retired(job_file(step, place));
    for end in COMPANIONS {
        let beside = companion(&path, end);
        if beside.exists() && !path.exists() {
            disk.rename(&beside, &companion(&retired, end))?;
        }
    }
    Ok(())
}

fn activate(
    disk: &mut Disk<'_>,
    step: u64,
    file: &NewFile,
    volume: &Volume,
) -> Result<bool, Refusal> {
    let place = file.place;
    let path = volume.partition(place.index);
    if path.exists() {
        let passport = Partition::open(&path).and_then(|partition| partition.passport());
        let passport = passport.map_err(|error| refusal(volume, place.index, error))?;
        return if passport.step == step {
            Ok(false)
        } else {
            Err(lost(
                volume,
                place,
                "still an old one where the new one belongs",
            ))
        };
    }
    let incoming = job_file(step, place);
    if !file.is_intact(volume, incoming)? {
        return Err(lost(volume, place, "prepared, but no longer whole"));
    }
    nothing_beside(volume, place.index)?;
    disk.rename(&volume.incoming(incoming), &path)?;
    Ok(true)
}

fn job_file(step: u64, place: Place) -> JobFile {
    let Place { index, .. } = place;
    JobFile { step, index }
}

/// A leftover beside a name would become part of the file that gets it.
pub(super) fn nothing_beside(volume: &Volume, index: u32) -> Result<(), Refusal> {
    let path = volume.partition(index);
    let beside = COMPANIONS
        .into_iter()
        .filter(|end| companion(&path, end).exists())
        .map(|end| {
            let name = format!("{}{end}", partition_name(index));
            let sentence = "SQLite would take it for part of the file that gets the name; move it \
                            away and run the job again";
            Fault::file(volume, FaultKind::Leftover, &name, sentence.into())
        });
    let faults: Vec<_> = beside.collect();
    if faults.is_empty() {
        Ok(())
    } else {
        Err(Refusal::Faults(faults))
    }
}

fn lost(volume: &Volume, place: Place, what: &str) -> Refusal {
    let sentence = format!(
        "the partition is {what}: someone else changed the volume during the job; restore the \
         store from a backup"
    );
    let name = partition_name(place.index);
    Refusal::Faults(vec![Fault::file(
        volume,
        FaultKind::Unfinished,
        &name,
        sentence,
    )])
}
