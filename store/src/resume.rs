//! Computes the resume epoch of the next execution from the facts of all partitions.
//!
//! The engine computes the same epoch at every start. We compute it before, from the offers of all
//! processes, because the engine does not detect a partition of another time. It would resume from a
//! wrong epoch, or from the beginning, without an error.
//!
//! | a partition is refused if | fault |
//! |---|---|
//! | no process offers it, or several do | [`ResumeFault::Missing`], [`ResumeFault::Duplicate`] |
//! | it belongs to another set, store or timeline | [`ResumeFault::OtherCount`], [`ResumeFault::Foreign`] |
//! | its passport does not know the newest execution | [`Staleness::Execution`] |
//! | its commit is too low for the resume epoch | [`Staleness::Commit`] |
//! | its commit has reached the resume epoch | [`ResumeFault::Collected`] |
//!
//! `docs/recovery.md` has the measurements behind `COMMIT_SLACK`.

use std::collections::BTreeMap;

use thiserror::Error;

use crate::{
    identity::{StoreId, Timeline},
    partition::PartitionFacts,
};

pub use crate::start::Resume;

/// The number of epochs by which the commit of a partition may lag behind its expected value. The
/// expected value follows from the resume epoch and the intervals.
///
/// The engine writes the frontiers that close an epoch, and directly after that each partition commits
/// the epoch by itself. A kill in between leaves commits one epoch apart, and the resume epoch one
/// above the newest closed epoch. Real engines with one to six workers, killed at any time, had at most
/// this bounded lag (docs/recovery.md).
pub(crate) const COMMIT_SLACK: u64 = 2;

/// The execution and epoch with which the engines of a start resumed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Resumed {
    /// The number of the execution.
    pub execution: u64,
    /// The epoch with which it began.
    pub epoch: u64,
    /// The number of epochs from that one on that a worker of the execution before had begun; `None`
    /// if there was no such execution, or its frontiers are no longer known.
    pub replayed: Option<u64>,
    /// Whether all workers have made progress since, so that the next start resumes at a later epoch.
    pub moved: bool,
}

/// A reason why the gang cannot resume from the offered partitions.
#[derive(Clone, Debug, Error, Eq, PartialEq)]
pub enum ResumeFault {
    /// No process offers a partition.
    #[error("partition {index} of {count} is missing: no process has it")]
    Missing {
        /// The partition.
        index: u32,
        /// The number of partitions of the store.
        count: u32,
    },
    /// A partition is on several volumes.
    #[error("partition {index} is offered {times} times; only one copy can be the right one")]
    Duplicate {
        /// The partition.
        index: u32,
        /// The number of offers.
        times: usize,
    },
    /// A partition belongs to a set of another size.
    #[error("partition {index} is one of {count}, but the store has {expected}")]
    OtherCount {
        /// The partition.
        index: u32,
        /// The number of partitions according to the partition.
        count: u32,
        /// The number of partitions according to the spec.
        expected: u32,
    },
    /// A partition belongs to another store or timeline.
    #[error(
        "partition {index} belongs to store {store}, timeline {timeline}; the gang uses another one"
    )]
    Foreign {
        /// The partition.
        index: u32,
        /// The store of the partition.
        store: StoreId,
        /// The timeline of the partition.
        timeline: Timeline,
    },
    /// A partition is an old copy.
    #[error("partition {index} is an old copy: {why}")]
    StalePartition {
        /// The partition.
        index: u32,
        /// The evidence.
        why: Staleness,
    },
    /// Snapshots that the resume epoch needs have been deleted.
    #[error(
        "the store would resume from epoch {epoch}, but partition {index} has collected up to \
         epoch {commit}: another partition is an old copy"
    )]
    Collected {
        /// The partition that is ahead.
        index: u32,
        /// The epoch from which the store would resume.
        epoch: u64,
        /// The highest commit epoch ever seen in that partition.
        commit: u64,
    },
}

/// The evidence that a partition is an old copy.
#[derive(Clone, Copy, Debug, Error, Eq, PartialEq)]
pub enum Staleness {
    /// The engine began an execution that the copy does not know.
    #[error("the store is at execution {newest}, but this copy does not contain its start")]
    Execution {
        /// The newest execution in any partition.
        newest: u64,
    },
    /// The engine continued after the copy was taken.
    #[error(
        "its commit epoch is {commit}, but must be at least {least} to resume at epoch {epoch}"
    )]
    Commit {
        /// The commit epoch of the copy.
        commit: u64,
        /// The lowest valid commit epoch.
        least: u64,
        /// The epoch from which the store would resume.
        epoch: u64,
    },
}

/// Computes the next execution and its resume epoch from the partitions of all processes.
///
/// # Errors
/// Names every partition that is missing, duplicate, foreign or old.
pub fn agree(
    partitions: &[PartitionFacts],
    count: u32,
    store: &StoreId,
    timeline: &Timeline,
) -> Result<Resume, Vec<ResumeFault>> {
    let faults: Vec<_> = membership(partitions, count)
        .chain(foreign(partitions, count, store, timeline))
        .collect();
    if !faults.is_empty() {
        return Err(faults);
    }
    let resume = next(partitions);
    let faults: Vec<_> = partitions
        .iter()
        .filter_map(|facts| epoch_fault(facts, partitions, resume))
        .collect();
    if faults.is_empty() {
        Ok(resume)
    } else {
        Err(faults)
    }
}

/// Applies the engine's own rule: the smallest frontier of the workers of the newest execution.
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

/// Returns the execution and epoch with which the engines of a start resumed, according to the
/// passports. `None` if the passports do not agree, or contain another start.
///
/// The passports are written before the engines start; an engine writes its own row only after it has
/// connected to all others.
#[must_use]
pub fn resumed(partitions: &[PartitionFacts], start: u64) -> Option<Resumed> {
    let recorded = |facts: &PartitionFacts| {
        let last = facts.passport.last_start.as_ref()?;
        (last.start == start).then_some((last.execution, last.resume_epoch))
    };
    let (execution, epoch) = recorded(partitions.first()?)?;
    let agree = partitions
        .iter()
        .all(|facts| recorded(facts) == Some((execution, epoch)));
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

fn foreign(
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

fn epoch_fault(
    facts: &PartitionFacts,
    all: &[PartitionFacts],
    resume: Resume,
) -> Option<ResumeFault> {
    let index = facts.index;
    let why = newest_known(all).and_then(|newest| staleness(facts, newest, resume));
    if let Some(why) = why {
        return Some(ResumeFault::StalePartition { index, why });
    }
    let epoch = resume.epoch;
    // If both are equal, the engine starts from the beginning, without an error: its own check is off
    // by one.
    let commit = facts.highest_commit().filter(|commit| *commit >= epoch)?;
    Some(ResumeFault::Collected {
        index,
        epoch,
        commit,
    })
}

/// Returns the newest execution that left any row.
///
/// The row of an execution is in one partition only, and an old copy of that partition would hide it.
/// But its frontiers are in other partitions too.
fn newest_known(partitions: &[PartitionFacts]) -> Option<u64> {
    let executions = partitions.iter().flat_map(|facts| &facts.executions);
    let fronts = partitions.iter().flat_map(|facts| &facts.fronts);
    executions
        .map(|execution| execution.number)
        .chain(fronts.map(|front| front.execution))
        .max()
}

fn staleness(facts: &PartitionFacts, newest: u64, resume: Resume) -> Option<Staleness> {
    // Order: every process writes the execution into its partitions before any engine can begin it.
    let last = facts.passport.last_start.as_ref();
    let Some(last) = last.filter(|last| last.execution >= newest) else {
        return Some(Staleness::Execution { newest });
    };
    // At most `COMMIT_SLACK` epochs were closed since that start, so a low commit proves nothing.
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
