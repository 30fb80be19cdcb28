//! Finds the copies that no restore point needs any more.
//!
//! | a manifest is kept if | reason |
//! |---|---|
//! | a kept restore point uses its copy | it would be lost |
//! | its copy is as complete as the oldest kept restore point | it may become part of the next one |
//! | it is younger than [`Retention::age`] | the user asked for it |
//! | its timeline is neither the current one nor an ancestor | its restore points belong to another timeline |
//! | there are fewer restore points than [`Retention::cuts`] | all of them are kept |
//! | a partition has no recent copy | its uploads fail, so older copies may be the last usable ones |
//!
//! The exception: of manifests that refer to the same copy with the same last usable epoch, only the
//! newest is kept.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    manifest::Manifest,
    name::CopyName,
    points::{Catalogue, Listed},
};
use crate::identity::{StoreId, Timeline};

/// The restore points and copies that are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retention {
    /// The number of newest restore points that are kept, at least 1.
    pub cuts: usize,
    /// The age in seconds below which every copy is kept.
    pub age: u64,
    /// The difference in seconds between the newest copy of a partition and the newest copy of all
    /// partitions, above which the uploads of that partition count as failing.
    pub overdue: u64,
}

/// The objects that may be removed. Order: manifests first, so that no manifest refers to a removed
/// copy.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Prunable {
    /// The names of the manifests.
    pub manifests: Vec<CopyName>,
    /// The names of the copies to which no other manifest refers.
    pub copies: Vec<CopyName>,
}

/// Returns the copies that no kept restore point needs.
///
/// The table in the module's header lists what is kept.
#[must_use]
pub fn prune(
    listed: &[Listed],
    store: &StoreId,
    head: &Timeline,
    retention: Retention,
) -> Prunable {
    let Some(now) = newest(listed, head, retention.overdue) else {
        return Prunable::default();
    };
    let catalogue = Catalogue::new(listed, store, head);
    let points = catalogue.newest(retention.cuts);
    // With fewer restore points than are to be kept, only repeated manifests may be removed.
    let enough = points.len() == retention.cuts;
    let oldest = points.last().filter(|_| enough);
    let needed: BTreeSet<&CopyName> = points
        .iter()
        .flat_map(|point| &point.copies)
        .map(|copy| &copy.name)
        .collect();
    let repeated = repeated(catalogue.usable_copies());
    // A copy that reaches the oldest kept restore point may become part of a newer one.
    let floor = oldest.map_or(0, |oldest| oldest.cut.epoch.saturating_sub(1));
    let gone: BTreeSet<&CopyName> = catalogue
        .usable_copies()
        .filter(|(copy, last_epoch)| {
            let old = copy.manifest.taken.saturating_add(retention.age) < now;
            let superseded = *last_epoch < floor && old;
            !needed.contains(&copy.name) && (superseded || repeated.contains(&copy.name))
        })
        .map(|(copy, _)| &copy.name)
        .collect();
    // A removed manifest may have been the only one that reports the resume epoch of an execution,
    // without which other copies are unusable. So the restore points are computed again.
    let left: Vec<Listed> = listed
        .iter()
        .filter(|copy| !gone.contains(&copy.name))
        .cloned()
        .collect();
    if Catalogue::new(&left, store, head).newest(retention.cuts) != points {
        return Prunable::default();
    }
    let referenced: BTreeSet<CopyName> = left.iter().map(Listed::content).collect();
    let copies: BTreeSet<CopyName> = listed
        .iter()
        .filter(|copy| gone.contains(&copy.name))
        .map(Listed::content)
        .filter(|copy| !referenced.contains(copy))
        .collect();
    Prunable {
        manifests: gone.into_iter().cloned().collect(),
        copies: copies.into_iter().collect(),
    }
}

/// Returns the manifests that a newer manifest repeats: same copy, same last usable epoch.
fn repeated<'a>(usable: impl Iterator<Item = (&'a Listed, u64)>) -> BTreeSet<&'a CopyName> {
    let mut newest = BTreeMap::<_, &Listed>::new();
    let mut older = BTreeSet::new();
    for (copy, last_epoch) in usable {
        let Manifest {
            facts, copy: stem, ..
        } = &copy.manifest;
        let key = (&copy.name.timeline, facts.index, stem, last_epoch);
        let earlier = match newest.insert(key, copy) {
            Some(other) if other.manifest.taken > copy.manifest.taken => newest.insert(key, other),
            other => other,
        };
        older.extend(earlier.map(|copy| &copy.name));
    }
    older
}

/// Returns the time of the newest copy of the timeline, if every partition has a recent copy.
fn newest(listed: &[Listed], head: &Timeline, overdue: u64) -> Option<u64> {
    let of_head = || listed.iter().filter(|copy| copy.name.timeline == *head);
    let now = of_head().map(|copy| copy.manifest.taken).max()?;
    let count = of_head().map(|copy| copy.manifest.facts.count).max()?;
    let recent = |part| {
        of_head().any(|copy| {
            copy.name.part == part && copy.manifest.taken.saturating_add(overdue) >= now
        })
    };
    (0..count).all(recent).then_some(now)
}
