//! Removes retired files that no process can need any more.

use super::{plan::Plan, volumes::Volumes};
use crate::{
    disk::Disk,
    fault::Refusal,
    partition::{COMPANIONS, PartitionFacts, companion},
    resume,
    volume::Volume,
};

/// Removes the files that earlier moves took out of use, if a gang has since made progress on the moved
/// files.
///
/// The files of other changes belong to another timeline. Only the gang knows whether backups of the new
/// timeline exist, so those files are kept.
pub(super) fn remove_after_moves(
    disk: &mut Disk<'_>,
    volumes: &Volumes,
    facts: &[PartitionFacts],
) -> Result<(), Refusal> {
    for volume in volumes.values() {
        remove(disk, volume, |change_number| {
            Plan::of_move(volume, change_number).is_some_and(|start| has_progressed(facts, start))
        })?;
    }
    Ok(())
}

/// Whether a gang of a start later than `start` has made progress on these partitions.
fn has_progressed(facts: &[PartitionFacts], start: u64) -> bool {
    let resume = resume::next(facts);
    let progressed = |facts: &PartitionFacts| {
        let last = facts.passport.last_start.as_ref();
        last.is_some_and(|last| last.start > start && resume.epoch > last.resume_epoch)
    };
    !facts.is_empty() && facts.iter().all(progressed)
}

/// Removes the files that store changes took out of use on a volume, and the plans of those changes.
pub(super) fn remove(
    disk: &mut Disk<'_>,
    volume: &Volume,
    may_go: impl Fn(u64) -> bool,
) -> Result<(), Refusal> {
    let contents = volume.contents()?;
    let changes: std::collections::BTreeSet<_> = contents
        .retired
        .iter()
        .map(|file| file.change_number)
        .collect();
    for change_number in changes
        .into_iter()
        .filter(|change_number| may_go(*change_number))
    {
        for file in contents
            .retired
            .iter()
            .filter(|file| file.change_number == change_number)
        {
            let path = volume.retired(*file);
            for end in COMPANIONS {
                disk.remove(&companion(&path, end))?;
            }
            disk.remove(&path)?;
        }
        // Order: the plan last, because it tells whether the files may be removed.
        disk.remove(&volume.plan(change_number))?;
    }
    Ok(())
}
