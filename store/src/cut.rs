//! Computes a consistent cut over copies of partitions that were taken at different times.
//!
//! Such copies are not a store as they are: the engine would resume from them without an error and
//! with wrong state. But all of them can be cut back to one epoch that every copy contains completely.
//! The condition is that no partition has deleted the snapshots of that epoch.
//!
//! | epoch | computed by |
//! |---|---|
//! | the last epoch that one copy contains completely | `complete::up_to`, from its frontier |
//! | reduced by every later execution, which resumed below it | `complete::up_to`, from the resume epochs |
//! | reduced to the branch point, if the copy belongs to an ancestor timeline | `lineage::limit` |
//! | the smallest of these epochs over all partitions, plus 1: the epoch of the [`Cut`] | [`choose`] |
//!
//! If another partition has collected beyond the smallest epoch, there is no cut
//! ([`CutFault::Infeasible`]). `docs/recovery.md`, section "Worked example: a cut over three copies",
//! follows two partitions and one crash through this table. [`choose`] shows the same case as code.

use std::collections::{BTreeMap, BTreeSet};

use crate::identity::{StoreId, Timeline};

pub(crate) mod complete;
mod copy;
mod fault;
mod lineage;

pub use copy::{ManifestFacts, PartitionCopy};
pub use fault::CutFault;
pub(crate) use lineage::Lineage;

/// The epoch to which a set of copies is cut back.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Cut {
    /// The epoch from which the store resumes. Every copy contains all epochs before it.
    pub epoch: u64,
    /// A number higher than that of any known execution; `None` for a store that was never started.
    pub execution: Option<u64>,
    /// The highest commit epoch of any copy.
    pub highest_commit: Option<u64>,
}

/// Returns the newest epoch to which all copies can be cut back.
///
/// `manifest_facts` adds what the manifests of other copies report to what the copies contain.
///
/// # Errors
/// Returns every reason why there is no such epoch, with its numbers.
///
/// # Examples
/// The worked example of `docs/recovery.md`. Copy A of partition 0 was taken in execution 0; the
/// frontier of the gang was not recorded. Then the gang crashed, and execution 1 resumed at epoch 10.
/// Copy B of partition 0 and copy C of partition 1 were taken in execution 1.
///
/// ```
/// use store::{
///     cut::{Cut, ManifestFacts, PartitionCopy, choose},
///     identity::{StoreId, Timeline},
///     partition::{Front, LastStart, PartitionFacts, Passport},
///     spec::Intervals,
/// };
///
/// let store: StoreId = "6f1c1c86-4c39-4a2b-9a5e-0d6b9f3f4f10".parse()?;
/// let timeline: Timeline = "1-0a1b2c3d".parse()?;
/// let copy = |index, execution, resume_epoch, frontier| PartitionCopy {
///     facts: PartitionFacts {
///         index,
///         count: 2,
///         passport: Passport {
///             store: store.clone(),
///             timeline: timeline.clone(),
///             branch: None,
///             change_number: 1,
///             last_start: Some(LastStart {
///                 start: execution + 1,
///                 round: "1".into(),
///                 execution,
///                 resume_epoch,
///                 intervals: Intervals::new(1, 9).unwrap(),
///             }),
///             highest_commit: None,
///         },
///         executions: Vec::new(),
///         fronts: Vec::new(),
///         commit: None,
///     },
///     newest_snap: None,
///     frontier,
/// };
///
/// // One worker had closed epoch 10, and its frontier 11 is in copy A. The other worker had not, so
/// // execution 1 replayed epoch 10. Of copy A, only the epochs before 10 count.
/// let mut a = copy(0, 0, 1, None);
/// a.facts.fronts = vec![Front { execution: 0, worker: 0, epoch: 11 }];
/// let b = copy(0, 1, 10, Some(13));
/// let mut c = copy(1, 1, 10, Some(15));
/// c.facts.commit = Some(5);
///
/// let cut = |copies: &[_]| choose(copies, &ManifestFacts::default(), &store, &timeline);
/// let oldest = Cut { epoch: 10, execution: Some(2), highest_commit: Some(5) };
/// assert_eq!(cut(&[a.clone(), c.clone()]), Ok(oldest));
/// let newest = Cut { epoch: 13, ..oldest };
/// assert_eq!(cut(&[b, c.clone()]), Ok(newest));
///
/// // If partition 1 had already collected up to epoch 10, copy A would be too old for copy C.
/// c.facts.commit = Some(10);
/// assert!(cut(&[a, c]).is_err());
/// # Ok::<(), store::identity::IdentityError>(())
/// ```
pub fn choose(
    copies: &[PartitionCopy],
    manifest_facts: &ManifestFacts,
    store: &StoreId,
    timeline: &Timeline,
) -> Result<Cut, Vec<CutFault>> {
    let lineage = Lineage::new(copies, manifest_facts, timeline);
    let resumed = complete::resume_epochs(copies, manifest_facts, &lineage);
    let mut faults = not_one_set(copies);
    let mut usable = Vec::new();
    for copy in copies {
        match usable_epoch(copy, store, &lineage, &resumed) {
            Ok(epoch) => usable.push((epoch, copy.facts.index)),
            Err(fault) => faults.push(fault),
        }
    }
    let collected = copies
        .iter()
        .filter_map(|copy| Some((copy.facts.highest_commit()?, copy.facts.index)))
        .max();
    let Some((complete, behind)) = usable.into_iter().min().filter(|_| faults.is_empty()) else {
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

/// Returns the last usable epoch of a copy. The copy contains it completely, no later execution has
/// replayed it, and it belongs to the restored timeline.
pub(crate) fn usable_epoch(
    copy: &PartitionCopy,
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

fn not_one_set(copies: &[PartitionCopy]) -> Vec<CutFault> {
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
