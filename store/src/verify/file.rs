//! Compares one file of a volume with the expectation.

use super::expectation::{Expectation, FROM_BACKUP};
use crate::{
    fault::{Fault, FaultKind},
    partition::{Partition, PartitionError, PartitionFacts},
    volume::{Contents, Volume, partition_name},
};

pub(super) fn facts(volume: &Volume, index: u32) -> Result<PartitionFacts, PartitionError> {
    Partition::open(&volume.partition(index))?.facts()
}

/// Returns the fault of a partition that cannot be used at all.
pub(super) fn unusable(volume: &Volume, index: u32, error: &PartitionError) -> Fault {
    use PartitionError as E;
    let (kind, remedy) = match error {
        E::Unreadable(_)
        | E::BadPassport
        | E::OtherRows { .. }
        | E::Misplaced
        | E::RowsLost
        | E::Busy(_)
        | E::Sqlite(_) => (FaultKind::Unreadable, FROM_BACKUP),
        E::NoPartition => (FaultKind::Stray, "move the file away"),
        E::OtherEngine { .. } => (
            FaultKind::OtherEngine,
            "run the engine version that wrote it, or reset the state",
        ),
        E::NoPassport => (
            FaultKind::Foreign,
            "move the file away, or take over the store with the action `Adopt`",
        ),
        E::NewerFormat { .. } => (FaultKind::NewerFormat, "use that release of the platform"),
        E::ForeignWal => (
            FaultKind::Leftover,
            "move the `-wal` away if the main file was replaced on purpose",
        ),
    };
    let cause =
        std::error::Error::source(error).map_or(String::new(), |cause| format!(" ({cause})"));
    let sentence = format!("{error}{cause}; {remedy}");
    Fault::file(volume, kind, &partition_name(index), sentence)
}

/// Returns the faults of a partition that can be read.
pub(super) fn faults(
    volume: &Volume,
    expected: &Expectation<'_>,
    contents: &Contents,
    index: u32,
    facts: &PartitionFacts,
) -> Vec<Fault> {
    let fault = |kind, sentence| Fault::file(volume, kind, &partition_name(index), sentence);
    let passport = &facts.passport;
    if passport.store != *expected.store {
        let sentence = format!(
            "it belongs to store {}, not to {}; move it away",
            passport.store, expected.store
        );
        return vec![fault(FaultKind::Foreign, sentence)];
    }
    let renamed = (facts.index != index).then(|| {
        let kind = if contents.partitions.contains(&facts.index) {
            FaultKind::Duplicate
        } else {
            FaultKind::Foreign
        };
        let sentence = format!(
            "it is partition {} under a wrong name; move it away",
            facts.index
        );
        fault(kind, sentence)
    });
    let timeline = (passport.timeline != *expected.timeline).then(|| {
        let sentence = format!(
            "it belongs to timeline {}, but the store is on timeline {}; {FROM_BACKUP}",
            passport.timeline, expected.timeline
        );
        fault(FaultKind::WrongTimeline, sentence)
    });
    // On another timeline, another number of partitions is not a separate fault.
    let count = (timeline.is_none() && facts.count != expected.placement.count()).then(|| {
        let sentence = format!(
            "it is one of {} partitions, but the store has {}; move it away",
            facts.count,
            expected.placement.count()
        );
        fault(FaultKind::Foreign, sentence)
    });
    let start = passport.last_start.as_ref().map_or(0, |last| last.start);
    let stale = [
        (
            "store change",
            passport.change_number,
            expected.change_number,
        ),
        ("start", start, expected.start),
    ]
    .into_iter()
    .filter(|(_, seen, given)| seen > given)
    .map(|(what, seen, given)| {
        let sentence = format!(
            "it was written for {what} {seen}, but this pod is for {what} {given}; a newer pod is \
             responsible, no action needed"
        );
        fault(FaultKind::Stale, sentence)
    });
    renamed
        .into_iter()
        .chain(timeline)
        .chain(count)
        .chain(stale)
        .collect()
}

/// Returns the fault of a file whose name ends in `.sqlite3`, so that the engine would open it.
pub(super) fn stray(volume: &Volume, contents: &Contents, name: &str) -> Fault {
    let (kind, what) = match Partition::identity_of_copy(&volume.folder.join(name)) {
        Some(index) if contents.partitions.contains(&index) => (
            FaultKind::Duplicate,
            format!("it is a second copy of partition {index}"),
        ),
        Some(index) => (
            FaultKind::Stray,
            format!("it is partition {index} under a wrong name"),
        ),
        None => (
            FaultKind::Stray,
            "it is not a partition of this store".into(),
        ),
    };
    let sentence =
        format!("{what}, and the engine opens every file that ends in .sqlite3; move it away");
    Fault::file(volume, kind, name, sentence)
}
