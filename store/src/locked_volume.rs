//! Gives a process of a gang exclusive use of its partitions, from verification to the engine start.
//!
//! | call | by | effect |
//! |---|---|---|
//! | [`LockedVolume::enter`] | `verify`, `launch` | locks the volume, verifies it, writes the numbers into its header |
//! | [`LockedVolume::offer`] | `launch`, for each round | reads the facts that the rendezvous needs |
//! | [`LockedVolume::begin`] | `launch`, after the round | trims the partitions and writes the start into each passport |
//! | drop | `launch` | releases the lock as soon as the engine has ended too |

use std::{collections::BTreeSet, path::Path};

use crate::{
    disk::Disk,
    fault::Refusal,
    fence::{Entry, Fence},
    partition::{Beginning, Partition, PartitionFacts, Trimmed},
    spec::StoreSpec,
    verify::{Expectation, refusal, verify},
    volume::Volume,
};

/// A volume that matches its spec and is locked by this process.
///
/// The lock lasts until this is dropped and every process that was started meanwhile has ended.
#[derive(Debug)]
pub struct LockedVolume {
    spec: StoreSpec,
    _fence: Fence,
}

impl LockedVolume {
    /// Locks the volume, verifies it, and writes change number and start number into its header.
    ///
    /// The init container `verify` does this and ends; `launch` does it again and keeps the lock.
    ///
    /// # Errors
    /// Refuses a contradictory spec, a volume that another process uses, and a volume that does not
    /// match the spec, with all its faults. Nothing is changed then.
    pub fn enter(spec: StoreSpec) -> Result<Self, Refusal> {
        let contradictions = spec.contradictions();
        if !contradictions.is_empty() {
            return Err(Refusal::Spec(contradictions));
        }
        let volume = volume(&spec);
        let refused = |error| Refusal::fence(&volume, error);
        let fence = if spec.shared {
            let newer = || {
                let header = volume.header().ok().flatten();
                header.is_none_or(|header| header.start < spec.start)
            };
            let entry = Entry::new(&volume.folder, spec.ordinal, newer).map_err(refused)?;
            verify_and_raise_numbers(&spec, &volume)?;
            entry.join().map_err(refused)?
        } else {
            let fence = Fence::exclusive([Path::new(&volume.folder)]).map_err(refused)?;
            verify_and_raise_numbers(&spec, &volume)?;
            fence
        };
        Ok(Self {
            spec,
            _fence: fence,
        })
    }

    /// Reads the facts of this process's partitions. No engine may run on them.
    ///
    /// # Errors
    /// Returns the faults if the volume no longer matches the spec.
    pub fn offer(&self) -> Result<Vec<PartitionFacts>, Refusal> {
        verified(&self.spec, &volume(&self.spec))
    }

    /// Returns the ids of all steps that have state in this process's partitions. No engine may run on
    /// them.
    ///
    /// # Errors
    /// Fails if a partition cannot be read.
    pub fn step_ids(&self) -> Result<Vec<String>, Refusal> {
        let volume = volume(&self.spec);
        let mut ids = BTreeSet::new();
        for index in self.spec.partitions() {
            let found = Partition::open(&volume.partition(index))
                .and_then(|partition| partition.step_ids())
                .map_err(|error| refusal(&volume, index, error))?;
            ids.extend(found);
        }
        Ok(ids.into_iter().collect())
    }

    /// Trims this process's partitions to the agreed resume epoch and writes the start into each
    /// passport. Order: this happens before the engine starts.
    ///
    /// # Errors
    /// Fails if a partition cannot be written. The engine must not start then.
    pub fn begin(&self, beginning: &Beginning) -> Result<Trimmed, Refusal> {
        let volume = volume(&self.spec);
        let mut trimmed = Trimmed::default();
        for index in self.spec.partitions() {
            let deleted = Partition::open(&volume.partition(index))
                .and_then(|mut partition| partition.begin(beginning))
                .map_err(|error| refusal(&volume, index, error))?;
            trimmed.snaps += deleted.snaps;
            trimmed.fronts += deleted.fronts;
        }
        Ok(trimmed)
    }
}

fn volume(spec: &StoreSpec) -> Volume {
    let ordinal = spec.volume();
    let claim = spec.claim_of(ordinal).cloned();
    Volume {
        ordinal,
        claim: claim.expect("a valid spec names the PVC of every volume"),
        folder: spec.folder.clone(),
    }
}

fn verified(spec: &StoreSpec, volume: &Volume) -> Result<Vec<PartitionFacts>, Refusal> {
    let expected = Expectation {
        store: &spec.store,
        timeline: &spec.timeline,
        change_number: spec.change_number,
        start: spec.start,
        placement: &spec.placement,
        open: Some(&spec.partitions()),
    };
    verify(volume, &expected)
}

/// Verifies the volume, then raises the numbers in its header, which fences out older processes.
fn verify_and_raise_numbers(spec: &StoreSpec, volume: &Volume) -> Result<(), Refusal> {
    verified(spec, volume)?;
    volume.write_header(
        &mut Disk::new(),
        &spec.store,
        spec.change_number,
        spec.start,
    )?;
    Ok(())
}

#[cfg(test)]
mod tests;
