//! A consistent cut over copies of partitions that were taken at different moments.
//!
//! Copies of several moments are no store: the engine resumes from them without an error and with
//! wrong state. But as long as nothing that is needed has been collected, all of them can be cut
//! back to one epoch that every copy holds completely.

use std::collections::{BTreeMap, BTreeSet};

use thiserror::Error;

use crate::{
    identity::{StoreId, Timeline},
    partition::{Branch, PartitionFacts},
    resume::Resume,
};

pub(crate) mod complete;

/// A copy of a partition, and what is known of its moment.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Copy {
    /// What the copy says of itself.
    pub facts: PartitionFacts,
    /// The newest epoch it has a snapshot of.
    pub newest_snap: Option<u64>,
    /// The frontier of the whole gang, read before the copy was begun; none where nobody noted it.
    pub frontier: Option<u64>,
}

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

/// Why copies can't be cut.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum CutFault {
    /// There is no copy of a partition.
    #[error("there is no copy of partition {index} of {count}")]
    Missing {
        /// The partition.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// There are two copies of a partition, or copies of sets of different sizes.
    #[error("the copies are not of one set: partition {index} of {count} is one too many")]
    Surplus {
        /// The partition.
        index: u32,
        /// How many there are by itself.
        count: u32,
    },
    /// A copy of another store, or of a timeline that was abandoned.
    #[error("the copy of partition {index} is of store {store}, timeline {timeline}")]
    Foreign {
        /// The partition.
        index: u32,
        /// Its store.
        store: StoreId,
        /// Its timeline.
        timeline: Timeline,
    },
    /// Nobody knows where an execution after the copy resumed, and so what of the copy still holds.
    #[error(
        "the copy of partition {index} is of execution {of}, and where execution {unknown} \
         resumed is not known"
    )]
    UnknownExecution {
        /// The partition.
        index: u32,
        /// The execution it was taken in.
        of: u64,
        /// The one that is not known.
        unknown: u64,
    },
    /// What is needed has been collected.
    #[error(
        "partition {behind} is complete only up to epoch {complete}, and partition {ahead} has \
         collected up to epoch {collected}; the copies lie too far apart"
    )]
    Infeasible {
        /// The partition that holds the cut back.
        behind: u32,
        /// The last epoch it has completely.
        complete: u64,
        /// The partition that no longer has it.
        ahead: u32,
        /// Up to where that one was collected.
        collected: u64,
    },
}

/// What manifests tell beside the copies themselves.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Known {
    /// Where executions resumed, each with the timeline of the copy that tells of it.
    pub executions: Vec<(Timeline, Resume)>,
    /// Where timelines left their parents.
    pub branches: Vec<(Timeline, Branch)>,
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

/// What of each timeline still belongs to the one that is restored.
pub(crate) struct Lineage<'a> {
    limits: BTreeMap<&'a Timeline, Limit>,
}

/// Where a timeline was left.
#[derive(Clone, Copy)]
struct Limit {
    /// The first epoch that no longer belongs.
    epoch: u64,
    /// The first execution that no longer belongs.
    execution: u64,
}

impl<'a> Lineage<'a> {
    /// Follows the branches that anyone tells of, from the timeline back.
    pub(crate) fn new(copies: &'a [Copy], known: &'a Known, timeline: &'a Timeline) -> Self {
        let passports = copies.iter().map(|copy| &copy.facts.passport);
        let told = known.branches.iter().map(|(of, branch)| (of, branch));
        let branches: BTreeMap<_, _> = passports
            .filter_map(|passport| Some((&passport.timeline, passport.branch.as_ref()?)))
            .chain(told)
            .collect();
        let mut limit = Limit {
            epoch: u64::MAX,
            execution: u64::MAX,
        };
        let mut limits = BTreeMap::from([(timeline, limit)]);
        let mut at = timeline;
        while let Some(branch) = branches.get(at) {
            limit.epoch = limit.epoch.min(branch.epoch);
            limit.execution = limit.execution.min(branch.execution);
            if limits.contains_key(&branch.parent) {
                break;
            }
            limits.insert(&branch.parent, limit);
            at = &branch.parent;
        }
        Self { limits }
    }

    /// Whether a timeline is the restored one or an ancestor.
    pub(crate) fn has(&self, timeline: &Timeline) -> bool {
        self.limits.contains_key(timeline)
    }

    /// Whether an execution of a timeline belongs.
    pub(crate) fn includes(&self, timeline: &Timeline, execution: u64) -> bool {
        let limit = self.limits.get(timeline);
        limit.is_some_and(|limit| execution < limit.execution)
    }

    /// The first epoch of a copy that no longer belongs; none for a copy that does not belong.
    fn limit(&self, copy: &Copy) -> Option<u64> {
        let passport = &copy.facts.passport;
        let limit = self.limits.get(&passport.timeline)?;
        let execution = passport.last_start.as_ref().map(|start| start.execution);
        execution
            .is_none_or(|execution| execution < limit.execution)
            .then_some(limit.epoch)
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
