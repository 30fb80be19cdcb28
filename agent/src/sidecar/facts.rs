//! What the partitions on this process's volume say, read beside the engine.

use std::path::PathBuf;

use store::{
    identity::ClaimUid,
    partition::{Partition, PartitionFacts},
    volume::{Record, Volume},
};

use crate::report::PartitionReport;

/// What all partitions of a volume say; nothing if one of them says nothing.
pub(super) fn facts(folder: PathBuf) -> Option<Vec<PartitionFacts>> {
    let (_, partitions) = read(folder, 0).ok()?;
    let facts = partitions.into_iter().map(|partition| partition.facts);
    facts.collect()
}

/// Reads all partitions, each in one short transaction: a long one would stop the engine's own
/// housekeeping.
pub(super) fn read(
    folder: PathBuf,
    process: u32,
) -> Result<(Option<Record>, Vec<PartitionReport>), String> {
    let volume = Volume {
        ordinal: process,
        claim: ClaimUid::unknown(),
        folder,
    };
    let indexes = volume
        .contents()
        .map_err(|error| error.to_string())?
        .partitions;
    let of_one = |index| {
        let said = Partition::look(&volume.partition(index))
            .and_then(|partition| Ok((partition.facts()?, partition.step_ids()?)));
        match said {
            Ok((facts, steps)) => PartitionReport {
                index,
                facts: Some(facts),
                steps,
                unreadable: None,
            },
            Err(error) => PartitionReport {
                index,
                facts: None,
                steps: Vec::new(),
                unreadable: Some(error.to_string()),
            },
        }
    };
    // A volume without a record has never been used.
    Ok((
        volume.record().ok().flatten(),
        indexes.into_iter().map(of_one).collect(),
    ))
}
