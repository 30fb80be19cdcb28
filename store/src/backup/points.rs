//! Computes the restore points of a set of copies.
//!
//! A restore point is an epoch to which one copy of each partition can be cut back. Every usable copy
//! proposes the epoch after its last usable one. [`Catalogue::at`] then chooses one copy of each
//! partition for it, and [`crate::cut::choose`] checks the choice. `docs/recovery.md` has a worked example,
//! "a cut over three copies".

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    manifest::Manifest,
    name::{CopyName, PointName},
};
use crate::{
    cut::{self, Cut, CutFault, Lineage, ManifestFacts, PartitionCopy, complete},
    identity::{StoreId, Timeline},
    resume::Resume,
};

/// A copy with its manifest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// The name of both.
    pub name: CopyName,
    /// The content of the manifest.
    pub manifest: Manifest,
}

impl Listed {
    /// Returns the name of the copy that the manifest refers to. Several manifests may refer to the
    /// same copy, because an unchanged partition is not uploaded again.
    #[must_use]
    pub fn content(&self) -> CopyName {
        CopyName {
            stem: self.manifest.copy.clone(),
            ..self.name.clone()
        }
    }
}

/// An epoch to which a full set of copies can be restored.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Point<'a> {
    /// The cut over the copies.
    pub cut: Cut,
    /// The time of the oldest state in it, in seconds since 1970.
    pub taken: u64,
    /// The copies, one of each partition.
    pub copies: Vec<&'a Listed>,
}

/// All copies of a store that belong to a timeline or its ancestors.
#[derive(Clone, Debug)]
pub struct Catalogue<'a> {
    store: &'a StoreId,
    head: &'a Timeline,
    manifest_facts: ManifestFacts,
    /// The usable copies by the number of partitions of their set and by partition, the best last.
    sets: BTreeMap<u32, BTreeMap<u32, Vec<UsableCopy<'a>>>>,
    unusable: Vec<CutFault>,
}

/// A copy that belongs to the timeline.
#[derive(Clone, Debug)]
struct UsableCopy<'a> {
    /// The copy with its manifest.
    listed: &'a Listed,
    /// The last usable epoch of the copy.
    last_epoch: u64,
    /// The epoch up to which replaced snapshots are deleted in it.
    collected: Option<u64>,
}

impl<'a> Catalogue<'a> {
    /// Sorts all copies of a store by their last usable epoch on a timeline.
    #[must_use]
    pub fn new(listed: &'a [Listed], store: &'a StoreId, head: &'a Timeline) -> Self {
        let partition_copies: Vec<PartitionCopy> = listed
            .iter()
            .map(|copy| copy.manifest.partition_copy())
            .collect();
        let no_facts = ManifestFacts::default();
        let lineage = Lineage::new(&partition_copies, &no_facts, head);
        let resumed = complete::resume_epochs(&partition_copies, &no_facts, &lineage);
        let mut catalogue = Self {
            store,
            head,
            manifest_facts: manifest_facts(&partition_copies, &resumed, head),
            sets: BTreeMap::new(),
            unusable: Vec::new(),
        };
        for (copy, partition_copy) in listed.iter().zip(&partition_copies) {
            if !lineage.has(&copy.name.timeline) {
                continue;
            }
            match cut::usable_epoch(partition_copy, store, &lineage, &resumed) {
                Ok(last_epoch) => catalogue.add(UsableCopy {
                    listed: copy,
                    last_epoch,
                    collected: partition_copy.facts.highest_commit(),
                }),
                Err(fault) => catalogue.unusable.push(fault),
            }
        }
        for copies in catalogue.sets.values_mut().flat_map(BTreeMap::values_mut) {
            copies.sort_by_key(|copy| {
                let taken = copy.listed.manifest.taken;
                (copy.last_epoch, taken)
            });
        }
        catalogue
    }

    /// Returns the facts from all manifests, which a cut over some of the copies needs.
    #[must_use]
    pub fn manifest_facts(&self) -> &ManifestFacts {
        &self.manifest_facts
    }

    /// Returns at most `most` restore points, the newest first.
    #[must_use]
    pub fn newest(&self, most: usize) -> Vec<Point<'a>> {
        let epochs: BTreeSet<u64> = self
            .usable_copies()
            .map(|(_, last_epoch)| last_epoch + 1)
            .collect();
        let newest = epochs.into_iter().rev();
        newest
            .filter_map(|epoch| self.at(epoch).ok())
            .take(most)
            .collect()
    }

    /// Returns the restore point at `epoch`.
    ///
    /// # Errors
    /// Returns the reasons why the copies cannot be restored to it.
    pub fn at(&self, epoch: u64) -> Result<Point<'a>, Vec<CutFault>> {
        let last_epoch = epoch.saturating_sub(1);
        let mut faults = Vec::new();
        for set in self.sets.values() {
            let sufficient = set.values().filter_map(|copies| {
                let usable = copies.iter().filter(|copy| copy.last_epoch >= last_epoch);
                // Prefers a copy whose last usable epoch is exactly the one before, then the copy
                // that has collected least, then the newest.
                usable.min_by_key(|copy| {
                    let taken = Reverse(copy.listed.manifest.taken);
                    (copy.last_epoch != last_epoch, copy.collected, taken)
                })
            });
            match self.point(&sufficient.collect::<Vec<_>>()) {
                Ok(point) if point.cut.epoch == epoch => return Ok(point),
                Ok(_) => {}
                Err(found) => faults = found,
            }
        }
        Err(faults)
    }

    /// Returns every usable copy with its last usable epoch.
    pub(super) fn usable_copies(&self) -> impl Iterator<Item = (&'a Listed, u64)> {
        let all = self.sets.values().flat_map(BTreeMap::values).flatten();
        all.map(|copy| (copy.listed, copy.last_epoch))
    }

    /// Returns the reasons why there is no restore point.
    #[must_use]
    pub fn faults(&self) -> Vec<CutFault> {
        let newest = self.sets.values().next_back().map(|set| {
            let newest = set.values().filter_map(|copies| copies.last());
            self.point(&newest.collect::<Vec<_>>())
                .err()
                .unwrap_or_default()
        });
        let mut faults = newest.unwrap_or_default();
        faults.extend(self.unusable.iter().cloned());
        faults
    }

    fn point(&self, usable: &[&UsableCopy<'a>]) -> Result<Point<'a>, Vec<CutFault>> {
        let partition_copies: Vec<PartitionCopy> = usable
            .iter()
            .map(|copy| copy.listed.manifest.partition_copy())
            .collect();
        let cut = cut::choose(
            &partition_copies,
            &self.manifest_facts,
            self.store,
            self.head,
        )?;
        let least = usable.iter().min_by_key(|copy| copy.last_epoch);
        Ok(Point {
            cut,
            taken: least.map_or(0, |copy| copy.listed.manifest.taken),
            copies: usable.iter().map(|copy| copy.listed).collect(),
        })
    }

    fn add(&mut self, copy: UsableCopy<'a>) {
        let facts = &copy.listed.manifest.facts;
        let set = self.sets.entry(facts.count).or_default();
        set.entry(facts.index).or_default().push(copy);
    }
}

impl Point<'_> {
    /// Returns the name of the restore point.
    #[must_use]
    pub fn name(&self, head: &Timeline) -> PointName {
        PointName {
            origin: None,
            timeline: head.clone(),
            epoch: self.cut.epoch,
        }
    }

    /// Returns the total size of its copies in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.copies.iter().map(|copy| copy.manifest.size).sum()
    }
}

fn manifest_facts(
    partition_copies: &[PartitionCopy],
    resumed: &BTreeMap<u64, u64>,
    head: &Timeline,
) -> ManifestFacts {
    let passports = partition_copies.iter().map(|copy| &copy.facts.passport);
    let branches: BTreeSet<_> = passports
        .filter_map(|passport| Some((passport.timeline.clone(), passport.branch.clone()?)))
        .collect();
    let resumed = resumed.iter().map(|(execution, epoch)| Resume {
        execution: *execution,
        epoch: *epoch,
    });
    ManifestFacts {
        executions: resumed.map(|resume| (head.clone(), resume)).collect(),
        branches: branches.into_iter().collect(),
    }
}
