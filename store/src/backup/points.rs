//! To which moments a set of copies can be brought back.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    manifest::Manifest,
    name::{CopyName, PointName},
};
use crate::{
    cut::{self, Copy, Cut, CutFault, Known, Lineage, complete},
    identity::{StoreId, Timeline},
    resume::Resume,
};

/// A copy that has its manifest.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Listed {
    /// What both are called.
    pub name: CopyName,
    /// What it says.
    pub manifest: Manifest,
}

impl Listed {
    /// Names the copy that the manifest speaks of. Several may speak of the same, as a partition that
    /// has not changed is not sent again.
    #[must_use]
    pub fn content(&self) -> CopyName {
        CopyName {
            stem: self.manifest.copy.clone(),
            ..self.name.clone()
        }
    }
}

/// A moment that copies can be brought back to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Point<'a> {
    /// Where the copies are cut.
    pub cut: Cut,
    /// When the state was that, in seconds since 1970.
    pub taken: u64,
    /// One copy of each partition.
    pub copies: Vec<&'a Listed>,
}

/// All copies of a store that belong to a timeline.
#[derive(Clone, Debug)]
pub struct Catalogue<'a> {
    store: &'a StoreId,
    head: &'a Timeline,
    known: Known,
    /// Usable copies by how many partitions their set has and by partition, the best last.
    sets: BTreeMap<u32, BTreeMap<u32, Vec<Claim<'a>>>>,
    unusable: Vec<CutFault>,
}

#[derive(Clone, Debug)]
struct Claim<'a> {
    copy: &'a Listed,
    /// The last epoch that it holds completely and that counts.
    complete: u64,
    /// Up to where it has been collected.
    collected: Option<u64>,
}

impl<'a> Catalogue<'a> {
    /// Sorts all copies of a store by what they are worth to a timeline.
    #[must_use]
    pub fn new(listed: &'a [Listed], store: &'a StoreId, head: &'a Timeline) -> Self {
        let moments: Vec<Copy> = listed.iter().map(|copy| copy.manifest.moment()).collect();
        let nothing = Known::default();
        let lineage = Lineage::new(&moments, &nothing, head);
        let resumed = complete::resume_epochs(&moments, &nothing, &lineage);
        let mut catalogue = Self {
            store,
            head,
            known: known(&moments, &resumed, head),
            sets: BTreeMap::new(),
            unusable: Vec::new(),
        };
        for (copy, moment) in listed.iter().zip(&moments) {
            if !lineage.has(&copy.name.timeline) {
                continue;
            }
            match cut::claim(moment, store, &lineage, &resumed) {
                Ok(complete) => catalogue.add(Claim {
                    copy,
                    complete,
                    collected: moment.facts.highest_commit(),
                }),
                Err(fault) => catalogue.unusable.push(fault),
            }
        }
        for claims in catalogue.sets.values_mut().flat_map(BTreeMap::values_mut) {
            claims.sort_by_key(|claim| {
                let taken = claim.copy.manifest.taken;
                (claim.complete, taken)
            });
        }
        catalogue
    }

    /// What all manifests tell, for whoever cuts a part of the copies.
    #[must_use]
    pub fn known(&self) -> &Known {
        &self.known
    }

    /// The newest moments, at most so many, the newest first.
    #[must_use]
    pub fn newest(&self, most: usize) -> Vec<Point<'a>> {
        let epochs: BTreeSet<u64> = self.claims().map(|(_, complete)| complete + 1).collect();
        let newest = epochs.into_iter().rev();
        newest
            .filter_map(|epoch| self.at(epoch).ok())
            .take(most)
            .collect()
    }

    /// One moment.
    ///
    /// # Errors
    /// Says why the copies can't be brought back to it.
    pub fn at(&self, epoch: u64) -> Result<Point<'a>, Vec<CutFault>> {
        let complete = epoch.saturating_sub(1);
        let mut faults = Vec::new();
        for set in self.sets.values() {
            let sufficient = set.values().filter_map(|claims| {
                let claims = claims.iter().filter(|claim| claim.complete >= complete);
                // One that ends there makes it this moment; else what has collected least.
                claims.min_by_key(|claim| {
                    let taken = Reverse(claim.copy.manifest.taken);
                    (claim.complete != complete, claim.collected, taken)
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

    /// Every usable copy with the last epoch that counts of it.
    pub(super) fn claims(&self) -> impl Iterator<Item = (&'a Listed, u64)> {
        let claims = self.sets.values().flat_map(BTreeMap::values).flatten();
        claims.map(|claim| (claim.copy, claim.complete))
    }

    /// Why there is no moment at all.
    #[must_use]
    pub fn why_none(&self) -> Vec<CutFault> {
        let newest = self.sets.values().next_back().map(|set| {
            let newest = set.values().filter_map(|claims| claims.last());
            self.point(&newest.collect::<Vec<_>>())
                .err()
                .unwrap_or_default()
        });
        let mut faults = newest.unwrap_or_default();
        faults.extend(self.unusable.iter().cloned());
        faults
    }

    fn point(&self, claims: &[&Claim<'a>]) -> Result<Point<'a>, Vec<CutFault>> {
        let moments: Vec<Copy> = claims
            .iter()
            .map(|claim| claim.copy.manifest.moment())
            .collect();
        let cut = cut::choose(&moments, &self.known, self.store, self.head)?;
        let least = claims.iter().min_by_key(|claim| claim.complete);
        Ok(Point {
            cut,
            taken: least.map_or(0, |claim| claim.copy.manifest.taken),
            copies: claims.iter().map(|claim| claim.copy).collect(),
        })
    }

    fn add(&mut self, claim: Claim<'a>) {
        let facts = &claim.copy.manifest.facts;
        let set = self.sets.entry(facts.count).or_default();
        set.entry(facts.index).or_default().push(claim);
    }
}

impl Point<'_> {
    /// What it is called.
    #[must_use]
    pub fn name(&self, head: &Timeline) -> PointName {
        PointName {
            origin: None,
            timeline: head.clone(),
            epoch: self.cut.epoch,
        }
    }

    /// How many bytes its copies have.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.copies.iter().map(|copy| copy.manifest.size).sum()
    }
}

fn known(moments: &[Copy], resumed: &BTreeMap<u64, u64>, head: &Timeline) -> Known {
    let passports = moments.iter().map(|moment| &moment.facts.passport);
    let branches: BTreeSet<_> = passports
        .filter_map(|passport| Some((passport.timeline.clone(), passport.branch.clone()?)))
        .collect();
    let resumed = resumed.iter().map(|(execution, epoch)| Resume {
        execution: *execution,
        epoch: *epoch,
    });
    Known {
        executions: resumed.map(|resume| (head.clone(), resume)).collect(),
        branches: branches.into_iter().collect(),
    }
}
