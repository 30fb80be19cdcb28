//! Old files that are out of use, once nobody can need them any more.

use super::{plan::Plan, volumes::Volumes};
use crate::{
    disk::Disk,
    fault::Refusal,
    partition::{COMPANIONS, PartitionFacts, companion},
    resume,
    volume::Volume,
};

/// Removes what earlier moves left, where a gang has passed its resume epoch on the moved files.
///
/// What other changes left is on another timeline, and how far backups of the new one are only the
/// gang knows: that stays.
pub(super) fn of_moves(
    disk: &mut Disk<'_>,
    volumes: &Volumes,
    facts: &[PartitionFacts],
) -> Result<(), Refusal> {
    for volume in volumes.values() {
        remove(disk, volume, |step| {
            Plan::of_move(volume, step).is_some_and(|start| is_proven(facts, start))
        })?;
    }
    Ok(())
}

/// Whether a gang of a start later than `start` has got on with these partitions.
fn is_proven(facts: &[PartitionFacts], start: u64) -> bool {
    let resume = resume::next(facts);
    let got_on = |facts: &PartitionFacts| {
        let last = facts.passport.last_start.as_ref();
        last.is_some_and(|last| last.start > start && resume.epoch > last.resume_epoch)
    };
    !facts.is_empty() && facts.iter().all(got_on)
}

/// Removes the files that steps took out of use on a volume, and the plans of those steps.
pub(super) fn remove(
    disk: &mut Disk<'_>,
    volume: &Volume,
    may_go: impl Fn(u64) -> bool,
) -> Result<(), Refusal> {
    let contents = volume.contents()?;
    let steps: std::collections::BTreeSet<_> =
        contents.retired.iter().map(|file| file.step).collect();
    for step in steps.into_iter().filter(|step| may_go(*step)) {
        for file in contents.retired.iter().filter(|file| file.step == step) {
            let path = volume.retired(*file);
            for end in COMPANIONS {
                disk.remove(&companion(&path, end))?;
            }
            disk.remove(&path)?;
        }
        // Last: without it nobody knows any more whether the files may go.
        disk.remove(&volume.plan(step))?;
    }
    Ok(())
}
