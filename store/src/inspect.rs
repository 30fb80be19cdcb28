//! What lies on volumes that nobody has orders for: enough to write the ledger again.

use std::{collections::BTreeSet, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    fault::Refusal,
    fence::Fence,
    identity::{ClaimUid, StoreId, Timeline},
    partition::Partition,
    volume::{Record, Volume},
};

/// One volume as it was found.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspected {
    /// Its ordinal.
    pub ordinal: u32,
    /// Our record; none on a volume that was never used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Record>,
    /// Its partitions, by index.
    #[serde(default)]
    pub partitions: Vec<InspectedPartition>,
    /// What cannot be read, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

/// One partition as it was found.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InspectedPartition {
    /// Its index by its name.
    pub index: u32,
    /// How many partitions the store has.
    pub count: u32,
    /// The store.
    pub store: StoreId,
    /// Its line of history.
    pub timeline: Timeline,
    /// The step that put the file here.
    pub step: u64,
}

/// Looks at the volumes that are mounted below `root`, each under its ordinal. Changes nothing but
/// our lock files.
///
/// # Errors
/// Refuses volumes that somebody is on, and fails when a folder can't be read.
pub fn inspect(root: &Path, ordinals: &BTreeSet<u32>) -> Result<Vec<Inspected>, Refusal> {
    let volume = |ordinal: &u32| Volume {
        ordinal: *ordinal,
        // Only who knows which claim is mounted can tell whether the record's is the same.
        claim: ClaimUid::unknown(),
        folder: root.join(ordinal.to_string()),
    };
    let volumes: Vec<Volume> = ordinals.iter().map(volume).collect();
    // A volume that no lock can be made on is not there, or is somebody's.
    let _fences = volumes
        .iter()
        .map(|volume| {
            let alone = Fence::alone([volume.folder.as_path()]);
            alone.map_err(|error| Refusal::fence(volume, error))
        })
        .collect::<Result<Vec<_>, _>>()?;
    volumes.iter().map(of_one).collect()
}

fn of_one(volume: &Volume) -> Result<Inspected, Refusal> {
    let mut unreadable = Vec::new();
    let record = volume.record().unwrap_or_else(|error| {
        unreadable.push(error.to_string());
        None
    });
    let mut partitions = Vec::new();
    for index in volume.contents()?.partitions {
        match read(&volume.partition(index), index) {
            Ok(partition) => partitions.push(partition),
            Err(why) => unreadable.push(why),
        }
    }
    Ok(Inspected {
        ordinal: volume.ordinal,
        record,
        partitions,
        unreadable,
    })
}

fn read(path: &Path, index: u32) -> Result<InspectedPartition, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let facts = Partition::look(path).and_then(|partition| partition.facts());
    let facts = facts.map_err(|error| format!("{name}: {error}"))?;
    if facts.index != index {
        return Err(format!("{name} says that it is partition {}", facts.index));
    }
    Ok(InspectedPartition {
        index,
        count: facts.count,
        store: facts.passport.store,
        timeline: facts.passport.timeline,
        step: facts.passport.step,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, Volumes};

    #[test]
    fn what_lies_on_volumes_is_told() {
        let volumes = Volumes::with_store(2, &[0, 1, 0]);
        volumes.run_and_kill(0, 0);
        let found = inspect(volumes.root(), &BTreeSet::from([0, 1])).unwrap();
        let indexes = |at: usize| -> Vec<u32> {
            let partitions = &found[at].partitions;
            partitions.iter().map(|it| it.index).collect()
        };
        assert_eq!((indexes(0), indexes(1)), (vec![0, 2], vec![1]));
        assert!(found.iter().all(|volume| volume.unreadable.is_empty()));
        let record = found[1].record.clone().unwrap();
        assert_eq!((record.store, record.step), (fixture::store(), 1));
        let one = &found[1].partitions[0];
        assert_eq!((one.count, &one.timeline), (3, &fixture::timeline(1)));
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let volumes = Volumes::with_store(1, &[0]);
        std::fs::write(volumes.file(0, "part-0.sqlite3"), "nonsense").unwrap();
        std::fs::write(volumes.file(0, ".waxrun-volume.json"), "{").unwrap();
        let found = inspect(volumes.root(), &BTreeSet::from([0])).unwrap();
        let said = found[0].unreadable.join("\n");
        assert!(said.contains("record is damaged"), "{said}");
        assert!(said.contains("part-0.sqlite3: "), "{said}");
    }

    #[test]
    fn volumes_in_use_are_left_alone() {
        let volumes = Volumes::with_store(1, &[0]);
        let folder = volumes.volume(0).folder;
        let _engine = Fence::alone([folder.as_path()]).unwrap();
        let refusal = inspect(volumes.root(), &BTreeSet::from([0])).unwrap_err();
        assert!(refusal.is_busy(), "{refusal}");
    }
}
