//! What comes before a flip: room for the new files.

use std::path::Path;

use super::volumes::Volumes;
use crate::{
    disk::Disk,
    fault::Refusal,
    partition::{COMPANIONS, PartitionError, companion},
};

/// Removes what jobs prepared and never activated.
///
/// On volumes that hold a whole set no flip is under way that would need it. On others only what
/// `only` that step prepared may go.
pub(super) fn clear(
    disk: &mut Disk<'_>,
    volumes: &Volumes,
    only: Option<u64>,
) -> Result<(), Refusal> {
    for volume in volumes.values() {
        let contents = volume.contents()?;
        // A plan speaks of files that lie there; so it goes first, unless it is of a flip that ended.
        let retired: Vec<_> = contents.retired.iter().map(|file| file.step).collect();
        let may_go = |step: &u64| only.is_none_or(|only| only == *step);
        let plans = contents.plans.iter().filter(|step| may_go(step));
        for step in plans.filter(|step| !retired.contains(step)) {
            disk.remove(&volume.plan(*step))?;
        }
        let incoming = contents.incoming.into_iter();
        for file in incoming.filter(|file| may_go(&file.step)) {
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

/// A new file that can't be written.
pub(super) fn unwritten(path: &Path, source: PartitionError) -> Refusal {
    Refusal::Partition {
        path: path.to_owned(),
        source,
    }
}
