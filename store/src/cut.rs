//! A consistent cut over copies of partitions that were taken at different moments.
//!
//! Copies of several moments are no store: the engine resumes from them without an error and with
//! wrong state. But as long as nothing that is needed has been collected, all of them can be cut
//! back to one epoch that every copy holds completely.

use std::collections::{BTreeMap, BTreeSet};

use crate::identity::{StoreId, Timeline};

pub(crate) mod complete;
mod copy;
mod fault;
mod lineage;

pub use copy::{Copy, Known};
pub use fault::CutFault;
pub(crate) use lineage::Lineage;

/// Where a set of copies is cut.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cut {
    /// The epoch to resume from: all copies hold all before it.
    pub epoch: u64,
    /// The number of an execution newer than any known; none for a store that was never started.
    pub execution: Option<u64>,
    /// The highest commit epoch of any copy.
    pub highest_commit: Option<u64>,
}

/// Finds the newest epoch that all copies can be cut back to.
///
/// `known` is what manifests tell, beside what the copies say themselves.
///
/// # Errors
/// Says with numbers why there is none.
pub fn choose(
    copies: &[Copy],
    known: &Known,
    store: &StoreId,
    timeline: &Timeline,
) -> Result<Cut, Vec<CutFault>> {
    let lineage = Lineage::new(copies, known, timeline);
    let resumed = complete::resume_epochs(copies, known, &lineage);
    let mut faults = not_one_set(copies);
    let mut completes = Vec::new();
    for copy in copies {
        match claim(copy, store, &lineage, &resumed) {
            Ok(epoch) => completes.push((epoch, copy.facts.index)),
            Err(fault) => faults.push(fault),
        }
    }
    let collected = copies
        .iter()
        .filter_map(|copy| Some((copy.facts.highest_commit()?, copy.facts.index)))
        .max();
    let Some((complete, behind)) = completes.into_iter().min().filter(|_| faults.is_empty()) else {
        return Err(faults);
    };
    match collected {
        Some((collected, ahead)) if collected > complete => Err(vec![CutFault::Infeasible {
            behind,
            complete,
            ahead,
            collected,
        }]),
        _ => Ok(Cut {
            epoch: complete + 1,
            execution: resumed.keys().last().map(|newest| newest + 1),
            highest_commit: collected.map(|(epoch, _)| epoch),
        }),
    }
}

/// The last epoch that counts of a copy.
pub(crate) fn claim(
    copy: &Copy,
    store: &StoreId,
    lineage: &Lineage<'_>,
    resumed: &BTreeMap<u64, u64>,
) -> Result<u64, CutFault> {
    let facts = &copy.facts;
    match lineage
        .limit(copy)
        .filter(|_| facts.passport.store == *store)
    {
        None => Err(CutFault::Foreign {
            index: facts.index,
            store: facts.passport.store.clone(),
            timeline: facts.passport.timeline.clone(),
        }),
        Some(limit) => {
            complete::up_to(copy, resumed).map(|epoch| epoch.min(limit.saturating_sub(1)))
        }
    }
}

fn not_one_set(copies: &[Copy]) -> Vec<CutFault> {
    let count = copies
        .iter()
        .map(|copy| copy.facts.count)
        .max()
        .unwrap_or(1);
    let mut missing: BTreeSet<_> = (0..count).collect();
    let mut faults = Vec::new();
    for copy in copies {
        let facts = &copy.facts;
        if facts.count != count || !missing.remove(&facts.index) {
            faults.push(CutFault::Surplus {
                index: facts.index,
                count: facts.count,
            });
        }
    }
    faults.extend(
        missing
            .into_iter()
            .map(|index| CutFault::Missing { index, count }),
    );
    faults
}

#[cfg(test)]
mod tests;
