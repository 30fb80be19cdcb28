//! Removes the remains of earlier store changes before new files are written.

use std::path::Path;

use super::volumes::Volumes;
use crate::{
    disk::Disk,
    fault::Refusal,
    partition::{COMPANIONS, PartitionError, companion},
};

/// Removes the files that store changes prepared and did not activate.
///
/// If the volumes hold a complete set, no swap that needs such files is in progress. Otherwise the
/// caller passes its own change number as `only`, and only the files of that change are removed.
pub(super) fn clear(
    disk: &mut Disk<'_>,
    volumes: &Volumes,
    only: Option<u64>,
) -> Result<(), Refusal> {
    for volume in volumes.values() {
        let contents = volume.contents()?;
        // Order: the plan before the files that it names. The plan of a completed swap is kept.
        let retired: Vec<_> = contents
            .retired
            .iter()
            .map(|file| file.change_number)
            .collect();
        let may_go = |change_number: &u64| only.is_none_or(|only| only == *change_number);
        let plans = contents
            .plans
            .iter()
            .filter(|change_number| may_go(change_number));
        for change_number in plans.filter(|change_number| !retired.contains(change_number)) {
            disk.remove(&volume.plan(*change_number))?;
        }
        let incoming = contents.incoming.into_iter();
        for file in incoming.filter(|file| may_go(&file.change_number)) {
            let path = volume.incoming(file);
            for end in COMPANIONS {
                let beside = companion(&path, end);
                if beside.exists() {
                    disk.remove(&beside)?;
                }
            }
            disk.remove(&path)?;
        }
        for name in contents.scraps {
            disk.remove(&volume.folder.join(name))?;
        }
    }
    Ok(())
}

/// Returns the refusal for a new file that cannot be written.
pub(super) fn unwritten(path: &Path, source: PartitionError) -> Refusal {
    Refusal::Partition {
        path: path.to_owned(),
        source,
    }
}
