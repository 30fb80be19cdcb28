//! Where the next execution resumes, computed from what all partitions say.
//!
//! The engine computes the same by itself at every start. Ours comes first, from the offers of all
//! processes, because the engine does not notice a partition of another moment: it then resumes
//! from the wrong epoch, or from nothing, without an error.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::{
    identity::{StoreId, Timeline},
    partition::PartitionFacts,
};

pub use crate::start::Resume;

/// How many epochs a partition's commit may lag behind what the intervals make of the resume
/// epoch.
///
/// The engine commits an epoch right after the frontiers that close it are written, each partition
/// by itself: a kill in between leaves commits one epoch apart, and the resume epoch one above the
/// newest closed one. Real engines, killed at any moment with one to six workers, left at most this.
pub(crate) const COMMIT_SLACK: u64 = 2;

/// Where the engines of a start went on.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Resumed {
    /// The number of their execution.
    pub execution: u64,
    /// The epoch it began with.
    pub epoch: u64,
    /// How many epochs, from that one on, a worker of the execution before had begun; none if there
    /// was none, or nothing is known of it any more.
    pub replayed: Option<u64>,
    /// Whether all workers have come further since, so that the next start goes on later.
    pub moved: bool,
}

/// Why the partitions on offer are no set to resume from.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum ResumeFault {
    /// A partition nobody offers.
    #[error("partition {index} of {count} is missing: no process has it")]
    Missing {
        /// The partition.
        index: u32,
        /// How many there are.
        count: u32,
    },
    /// A partition that lies on two volumes.
    #[error("partition {index} is offered {times} times: only one copy can be the true one")]
    Duplicate {
        /// The partition.
        index: u32,
        /// How often.
        times: usize,
    },
    /// A partition of a set of another size.
    #[error("partition {index} is one of {count}, the store has {expected}")]
    OtherCount {
        /// The partition.
        index: u32,
        /// How many there are by itself.
        count: u32,
        /// How many there are by the orders.
        expected: u32,
    },
    /// A partition of another store or timeline.
    #[error("partition {index} is of store {store}, timeline {timeline}; the gang has another one")]
    Foreign {
        /// The partition.
        index: u32,
        /// Its store.
        store: StoreId,
        /// Its timeline.
        timeline: Timeline,
    },
    /// A copy of an older moment.
    #[error("partition {index} is an old copy: {why}")]
    StalePartition {
        /// The partition.
        index: u32,
        /// How that shows.
        why: Staleness,
    },
    /// Snapshots that are needed have been collected.
    #[error(
        "the store would resume from epoch {epoch}, but partition {index} has collected up to \
         epoch {commit}: another partition is an old copy"
    )]
    Collected {
        /// The partition that is ahead.
        index: u32,
        /// Where the store would resume.
        epoch: u64,
        /// Its highest commit ever.
        commit: u64,
    },
}

/// How it shows that a partition is an old copy.
#[derive(Clone, Copy, Debug, Error, Eq, PartialEq)]
pub enum Staleness {
    /// The engine began an execution this copy does not know of.
    #[error("the store is at execution {newest}, and this copy never saw its start")]
    Execution {
        /// The newest execution anyone knows.
        newest: u64,
    },
    /// The engine went on after the copy was taken.
    #[error("it was collected up to epoch {commit}, and must be at {least} to resume at {epoch}")]
    Commit {
        /// How far it was collected.
        commit: u64,
        /// How far it must be.
        least: u64,
        /// Where the store would resume.
        epoch: u64,
    },
}

/// Computes where to resume from the facts of all partitions of all processes.
///
/// # Errors
/// Names every partition that is missing, double, foreign or old.
pub fn agree(
    partitions: &[PartitionFacts],
    count: u32,
    store: &StoreId,
    timeline: &Timeline,
) -> Result<Resume, Vec<ResumeFault>> {
    let faults: Vec<_> = membership(partitions, count)
        .chain(strangers(partitions, count, store, timeline))
        .collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let resume = next(partitions);
    let faults: Vec<_> = partitions
        .iter()
        .filter_map(|facts| too_old(facts, partitions, resume))
        .collect();
    if faults.is_empty() {
        Ok(resume)
    } else {
        Err(faults)
    }
}

/// The engine's own rule: over the newest execution, the smallest of what its workers reached.
#[must_use]
pub fn next(partitions: &[PartitionFacts]) -> Resume {
    let executions = partitions.iter().flat_map(|facts| &facts.executions);
    let Some(newest) = executions.max_by_key(|execution| execution.number) else {
        return Resume {
            execution: 0,
            epoch: 1,
        };
    };
    let mut reached: BTreeMap<_, _> = (0..newest.workers)
        .map(|worker| (worker, newest.resume_epoch))
        .collect();
    for front in partitions.iter().flat_map(|facts| &facts.fronts) {
        if front.execution == newest.number {
            let epoch = reached.entry(front.worker).or_insert(front.epoch);
            *epoch = front.epoch.max(*epoch);
        }
    }
    Resume {
        execution: newest.number + 1,
        epoch: reached.into_values().min().unwrap_or(newest.resume_epoch),
    }
}

/// Reads off where the engines of a start went on, by what was noted in every partition before they
/// were started: an engine writes its own row only after it has met all others. None if the
/// partitions do not agree, or not on this start.
#[must_use]
pub fn resumed(partitions: &[PartitionFacts], start: u64) -> Option<Resumed> {
    let noted = |facts: &PartitionFacts| {
        let last = facts.passport.last_start.as_ref()?;
        (last.start == start).then_some((last.execution, last.resume_epoch))
    };
    let (execution, epoch) = noted(partitions.first()?)?;
    let agree = partitions
        .iter()
        .all(|facts| noted(facts) == Some((execution, epoch)));
    let fronts = partitions.iter().flat_map(|facts| &facts.fronts);
    let before = fronts.filter(|front| front.execution + 1 == execution);
    let begun = before.map(|front| front.epoch).max();
    let next = next(partitions);
    agree.then(|| Resumed {
        execution,
        epoch,
        replayed: begun.map(|begun| (begun + 1).saturating_sub(epoch)),
        moved: next.execution > execution && next.epoch > epoch,
    })
}

fn membership(partitions: &[PartitionFacts], count: u32) -> impl Iterator<Item = ResumeFault> {
    let mut times: BTreeMap<u32, usize> = (0..count).map(|index| (index, 0)).collect();
    for facts in partitions {
        *times.entry(facts.index).or_default() += 1;
    }
    times
        .into_iter()
        .filter_map(move |(index, times)| match times {
            0 => Some(ResumeFault::Missing { index, count }),
            1 => None,
            _ => Some(ResumeFault::Duplicate { index, times }),
        })
}

fn strangers(
    partitions: &[PartitionFacts],
    expected: u32,
    store: &StoreId,
    timeline: &Timeline,
) -> impl Iterator<Item = ResumeFault> {
    partitions.iter().filter_map(move |facts| {
        let (index, count) = (facts.index, facts.count);
        if count != expected {
            return Some(ResumeFault::OtherCount {
                index,
                count,
                expected,
            });
        }
        let passport = &facts.passport;
        (passport.store != *store || passport.timeline != *timeline).then(|| ResumeFault::Foreign {
            index,
            store: passport.store.clone(),
            timeline: passport.timeline.clone(),
        })
    })
}

fn too_old(facts: &PartitionFacts, all: &[PartitionFacts], resume: Resume) -> Option<ResumeFault> {
    let index = facts.index;
    let why = newest_known(all).and_then(|newest| staleness(facts, newest, resume));
    if let Some(why) = why {
        return Some(ResumeFault::StalePartition { index, why });
    }
    let epoch = resume.epoch;
    // At equality the engine starts from nothing, without an error: its own check is off by one.
    let commit = facts.highest_commit().filter(|commit| *commit >= epoch)?;
    Some(ResumeFault::Collected {
        index,
        epoch,
        commit,
    })
}

/// The newest execution that left any row. A copy of the partition that has its own row would hide
/// it, but the frontiers lie elsewhere.
fn newest_known(partitions: &[PartitionFacts]) -> Option<u64> {
    let executions = partitions.iter().flat_map(|facts| &facts.executions);
    let fronts = partitions.iter().flat_map(|facts| &facts.fronts);
    executions
        .map(|execution| execution.number)
        .chain(fronts.map(|front| front.execution))
        .max()
}

fn staleness(facts: &PartitionFacts, newest: u64, resume: Resume) -> Option<Staleness> {
    // Every process notes the execution in its partitions before any engine can begin it.
    let last = facts.passport.last_start.as_ref();
    let Some(last) = last.filter(|last| last.execution >= newest) else {
        return Some(Staleness::Execution { newest });
    };
    // Nothing was closed since that start, so nothing need have been collected.
    if resume.epoch <= last.resume_epoch + COMMIT_SLACK {
        return None;
    }
    let commit = facts.commit.unwrap_or(0);
    let least = resume
        .epoch
        .saturating_sub(last.intervals.kept_epochs() + COMMIT_SLACK);
    (commit < least).then_some(Staleness::Commit {
        commit,
        least,
        epoch: resume.epoch,
    })
}

#[cfg(test)]
mod tests;
