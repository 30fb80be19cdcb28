//! Reads the facts of the partitions on this process's volume while the engine runs.

use std::path::PathBuf;

use store::{
    identity::ClaimUid,
    partition::{Partition, PartitionFacts},
    volume::{Volume, VolumeHeader},
};

use crate::report::PartitionReport;

/// Returns the facts of all partitions of a volume; `None` if one of them cannot be read.
pub(super) fn facts(folder: PathBuf) -> Option<Vec<PartitionFacts>> {
    let (_, partitions) = read(folder, 0).ok()?;
    let facts = partitions.into_iter().map(|partition| partition.facts);
    facts.collect()
}

/// Reads all partitions, each in one short transaction. A long one would block the checkpoints of the engine.
pub(super) fn read(
    folder: PathBuf,
    process: u32,
) -> Result<(Option<VolumeHeader>, Vec<PartitionReport>), String> {
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
        let result = Partition::open_read_only(&volume.partition(index))
            .and_then(|partition| Ok((partition.facts()?, partition.step_ids()?)));
        match result {
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
    // A volume without a header was never used.
    Ok((
        volume.header().ok().flatten(),
        indexes.into_iter().map(of_one).collect(),
    ))
}
