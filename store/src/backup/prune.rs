//! Which copies are no longer needed.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    manifest::Manifest,
    name::CopyName,
    points::{Catalogue, Listed},
};
use crate::identity::{StoreId, Timeline};

/// What is kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Retention {
    /// How many of the newest moments, at least 1.
    pub cuts: usize,
    /// And copies that are not older than so many seconds.
    pub age: u64,
    /// A partition whose newest copy is so many seconds older than the newest of all is taken for
    /// one whose uploads fail.
    pub overdue: u64,
}

/// What may be removed: manifests first, so that no manifest speaks of a copy that is gone.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Prunable {
    /// Manifests.
    pub manifests: Vec<CopyName>,
    /// Copies that no other manifest speaks of.
    pub copies: Vec<CopyName>,
}

/// Says which copies no moment needs that is to be kept.
///
/// Never one of the newest moments, never one newer than those, as it may become part of the next;
/// nothing as long as a partition has no recent copy; and nothing of another timeline than the
/// present one and its ancestors.
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
    // With fewer moments than are to be kept, only what says nothing new may go.
    let enough = points.len() == retention.cuts;
    let oldest = points.last().filter(|_| enough);
    let needed: BTreeSet<&CopyName> = points
        .iter()
        .flat_map(|point| &point.copies)
        .map(|copy| &copy.name)
        .collect();
    let claims = || catalogue.claims();
    let said_again = said_again(claims());
    // What is as complete as a kept moment of its own partition may become part of a newer one.
    let floor = oldest.map_or(0, |oldest| oldest.cut.epoch.saturating_sub(1));
    let gone: BTreeSet<&CopyName> = claims()
        .filter(|(copy, complete)| {
            let old = copy.manifest.taken.saturating_add(retention.age) < now;
            let superseded = *complete < floor && old;
            !needed.contains(&copy.name) && (superseded || said_again.contains(&copy.name))
        })
        .map(|(copy, _)| &copy.name)
        .collect();
    // Manifests also tell of executions, without which others may be worth nothing.
    let left: Vec<Listed> = listed
        .iter()
        .filter(|copy| !gone.contains(&copy.name))
        .cloned()
        .collect();
    if Catalogue::new(&left, store, head).newest(retention.cuts) != points {
        return Prunable::default();
    }
    let still: BTreeSet<CopyName> = left.iter().map(Listed::content).collect();
    let copies: BTreeSet<CopyName> = listed
        .iter()
        .filter(|copy| gone.contains(&copy.name))
        .map(Listed::content)
        .filter(|copy| !still.contains(copy))
        .collect();
    Prunable {
        manifests: gone.into_iter().cloned().collect(),
        copies: copies.into_iter().collect(),
    }
}

/// Manifests of copies of which a newer manifest says the same: nothing had changed.
fn said_again<'a>(claims: impl Iterator<Item = (&'a Listed, u64)>) -> BTreeSet<&'a CopyName> {
    let mut newest = BTreeMap::<_, &Listed>::new();
    let mut older = BTreeSet::new();
    for (copy, complete) in claims {
        let Manifest {
            facts, copy: stem, ..
        } = &copy.manifest;
        let key = (&copy.name.timeline, facts.index, stem, complete);
        let earlier = match newest.insert(key, copy) {
            Some(other) if other.manifest.taken > copy.manifest.taken => newest.insert(key, other),
            other => other,
        };
        older.extend(earlier.map(|copy| &copy.name));
    }
    older
}

/// When the newest copy of the timeline was taken, if every partition has a recent one.
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
