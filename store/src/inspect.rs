//! Reads volumes without a spec, and reports enough to rebuild a lost ledger.
//!
//! The agent's `inspect` prints the result as JSON; the operator reads it. Begin with [`inspect`].

use std::{collections::BTreeSet, path::Path};

use serde::{Deserialize, Serialize};

use crate::{
    fault::Refusal,
    fence::Fence,
    identity::{ClaimUid, StoreId, Timeline},
    partition::Partition,
    volume::{Volume, VolumeHeader},
};

/// The content of one volume, as found.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Inspected {
    /// The ordinal of the volume.
    pub ordinal: u32,
    /// The volume header; `None` on a volume that was never used.
    #[serde(rename = "record", default, skip_serializing_if = "Option::is_none")]
    pub header: Option<VolumeHeader>,
    /// The partitions on the volume, by index.
    #[serde(default)]
    pub partitions: Vec<InspectedPartition>,
    /// The files that cannot be read, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

/// The identity of one partition, as found.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InspectedPartition {
    /// The partition index in the file name.
    pub index: u32,
    /// The number of partitions of the store.
    pub count: u32,
    /// The store that the partition belongs to.
    pub store: StoreId,
    /// The timeline of its content.
    pub timeline: Timeline,
    /// The store change that wrote the file.
    #[serde(rename = "step")]
    pub change_number: u64,
}

/// Reads the volumes that are mounted below `root`, each in a folder named by its ordinal. Writes
/// nothing but the lock files.
///
/// # Errors
/// Refuses volumes that another process has locked, and fails if a folder cannot be read.
pub fn inspect(root: &Path, ordinals: &BTreeSet<u32>) -> Result<Vec<Inspected>, Refusal> {
    let volume = |ordinal: &u32| Volume {
        ordinal: *ordinal,
        // The operator knows which PVC is mounted, and compares it with the one in the header.
        claim: ClaimUid::unknown(),
        folder: root.join(ordinal.to_string()),
    };
    let volumes: Vec<Volume> = ordinals.iter().map(volume).collect();
    // A volume that cannot be locked is not mounted, or another process uses it.
    let _fences = volumes
        .iter()
        .map(|volume| {
            let alone = Fence::exclusive([volume.folder.as_path()]);
            alone.map_err(|error| Refusal::fence(volume, error))
        })
        .collect::<Result<Vec<_>, _>>()?;
    volumes.iter().map(inspect_volume).collect()
}

fn inspect_volume(volume: &Volume) -> Result<Inspected, Refusal> {
    let mut unreadable = Vec::new();
    let header = volume.header().unwrap_or_else(|error| {
        unreadable.push(error.to_string());
        None
    });
    let mut partitions = Vec::new();
    for index in volume.contents()?.partitions {
        match read(&volume.partition(index), index) {
            Ok(partition) => partitions.push(partition),
            Err(reason) => unreadable.push(reason),
        }
    }
    Ok(Inspected {
        ordinal: volume.ordinal,
        header,
        partitions,
        unreadable,
    })
}

fn read(path: &Path, index: u32) -> Result<InspectedPartition, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let facts = Partition::open_read_only(path).and_then(|partition| partition.facts());
    let facts = facts.map_err(|error| format!("{name}: {error}"))?;
    if facts.index != index {
        return Err(format!("{name} contains partition {}", facts.index));
    }
    Ok(InspectedPartition {
        index,
        count: facts.count,
        store: facts.passport.store,
        timeline: facts.passport.timeline,
        change_number: facts.passport.change_number,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{self, Volumes};

    #[test]
    fn volumes_are_reported_with_header_and_partitions() {
        let volumes = Volumes::with_store(2, &[0, 1, 0]);
        volumes.run_and_kill(0, 0);
        let found = inspect(volumes.root(), &BTreeSet::from([0, 1])).unwrap();
        let indexes = |at: usize| -> Vec<u32> {
            let partitions = &found[at].partitions;
            partitions.iter().map(|partition| partition.index).collect()
        };
        assert_eq!((indexes(0), indexes(1)), (vec![0, 2], vec![1]));
        assert!(found.iter().all(|volume| volume.unreadable.is_empty()));
        let header = found[1].header.clone().unwrap();
        assert_eq!((header.store, header.change_number), (fixture::store(), 1));
        let one = &found[1].partitions[0];
        assert_eq!((one.count, &one.timeline), (3, &fixture::timeline(1)));
    }

    #[test]
    fn unreadable_files_are_reported_by_name() {
        let volumes = Volumes::with_store(1, &[0]);
        std::fs::write(volumes.file(0, "part-0.sqlite3"), "nonsense").unwrap();
        std::fs::write(volumes.file(0, ".waxrun-volume.json"), "{").unwrap();
        let found = inspect(volumes.root(), &BTreeSet::from([0])).unwrap();
        let unreadable = found[0].unreadable.join("\n");
        assert!(unreadable.contains("header is damaged"), "{unreadable}");
        assert!(unreadable.contains("part-0.sqlite3: "), "{unreadable}");
    }

    #[test]
    fn locked_volumes_are_refused() {
        let volumes = Volumes::with_store(1, &[0]);
        let folder = volumes.volume(0).folder;
        let _engine = Fence::exclusive([folder.as_path()]).unwrap();
        let refusal = inspect(volumes.root(), &BTreeSet::from([0])).unwrap_err();
        assert!(refusal.is_busy(), "{refusal}");
    }
}
