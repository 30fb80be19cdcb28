//! A process of a gang on its volume: enter, verify, offer, begin.

use std::{collections::BTreeSet, path::Path};

use crate::{
    disk::Disk,
    fault::Refusal,
    fence::{Entry, Fence},
    orders::GangOrders,
    partition::{Beginning, Partition, PartitionFacts, Trimmed},
    verify::{Expectation, refusal, verify},
    volume::Volume,
};

/// A process that holds its volume's lock, on a volume that fits its orders.
///
/// The lock lasts until this is dropped and every process started meanwhile has ended.
#[derive(Debug)]
pub struct Member {
    orders: GangOrders,
    _fence: Fence,
}

impl Member {
    /// Takes the lock, verifies the volume, and notes step and start on it.
    ///
    /// `verify` does this and leaves; `launch` does it again and stays.
    ///
    /// # Errors
    /// Refuses orders that contradict themselves, a volume someone else is on, and one that does
    /// not fit the orders, with all its faults. Then nothing was changed.
    pub fn enter(orders: GangOrders) -> Result<Self, Refusal> {
        let contradictions = orders.contradictions();
        if !contradictions.is_empty() {
            return Err(Refusal::Orders(contradictions));
        }
        let volume = volume(&orders);
        let refused = |error| Refusal::fence(&volume, error);
        let fence = if orders.shared {
            let newer = || {
                let record = volume.record().ok().flatten();
                record.is_none_or(|record| record.start < orders.start)
            };
            let entry = Entry::new(&volume.folder, orders.ordinal, newer).map_err(refused)?;
            settle(&orders, &volume)?;
            entry.join().map_err(refused)?
        } else {
            let fence = Fence::alone([Path::new(&volume.folder)]).map_err(refused)?;
            settle(&orders, &volume)?;
            fence
        };
        Ok(Self {
            orders,
            _fence: fence,
        })
    }

    /// Reads what this process's partitions say now; no engine runs on them.
    ///
    /// # Errors
    /// Names what no longer fits the orders.
    pub fn offer(&self) -> Result<Vec<PartitionFacts>, Refusal> {
        verified(&self.orders, &volume(&self.orders))
    }

    /// The ids of all steps that have state in this process's partitions; no engine runs on them.
    ///
    /// # Errors
    /// Fails when a partition can't be read.
    pub fn step_ids(&self) -> Result<Vec<String>, Refusal> {
        let volume = volume(&self.orders);
        let mut ids = BTreeSet::new();
        for index in self.orders.partitions() {
            let of_one = Partition::open(&volume.partition(index))
                .and_then(|partition| partition.step_ids())
                .map_err(|error| refusal(&volume, index, error))?;
            ids.extend(of_one);
        }
        Ok(ids.into_iter().collect())
    }

    /// Trims this process's partitions to what all agreed on and notes that in each, before the
    /// engine starts.
    ///
    /// # Errors
    /// Fails when a partition can't be written; the engine must not start then.
    pub fn begin(&self, beginning: &Beginning) -> Result<Trimmed, Refusal> {
        let volume = volume(&self.orders);
        let mut trimmed = Trimmed::default();
        for index in self.orders.partitions() {
            let of_one = Partition::open(&volume.partition(index))
                .and_then(|mut partition| partition.begin(beginning))
                .map_err(|error| refusal(&volume, index, error))?;
            trimmed.snaps += of_one.snaps;
            trimmed.fronts += of_one.fronts;
        }
        Ok(trimmed)
    }
}

fn volume(orders: &GangOrders) -> Volume {
    let ordinal = orders.volume();
    let claim = orders.claim_of(ordinal).cloned();
    Volume {
        ordinal,
        claim: claim.expect("orders without contradictions name the claim of every volume"),
        folder: orders.folder.clone(),
    }
}

fn verified(orders: &GangOrders, volume: &Volume) -> Result<Vec<PartitionFacts>, Refusal> {
    let expected = Expectation {
        store: &orders.store,
        timeline: &orders.timeline,
        step: orders.step,
        start: orders.start,
        placement: &orders.placement,
        open: Some(&orders.partitions()),
    };
    verify(volume, &expected)
}

/// Verifies, then raises the volume's numbers, so that an older process changes nothing any more.
fn settle(orders: &GangOrders, volume: &Volume) -> Result<(), Refusal> {
    verified(orders, volume)?;
    volume.note(&mut Disk::new(), &orders.store, orders.step, orders.start)?;
    Ok(())
}

#[cfg(test)]
mod tests;
