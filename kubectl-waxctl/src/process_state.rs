//! The reports that the agents of a Dataflow have just made, and what follows from them. Pure.
//!
//! A fact that no agent could report is unknown, with the reason.

use std::collections::BTreeSet;

use agent::report::{LiveReport, PartitionReport, PointReport, StoreReport};
use gitops::age;
use gitops::row::ProcessCells;
use jiff::Timestamp;
use store::partition::{LastStart, PartitionFacts};
use store::resume;

/// A report, or why there is none.
pub(crate) type Answer<T> = Result<T, String>;

/// All processes of a Dataflow.
#[derive(Debug)]
pub(crate) struct GangState {
    /// Each process, process 0 first.
    pub(crate) processes: Vec<Process>,
    /// Their reports about the recovery store, in the same order; `None` without recovery.
    pub(crate) stores: Option<Stores>,
}

/// One process.
#[derive(Debug)]
pub(crate) struct Process {
    /// Name of its pod.
    pub(crate) pod: String,
    /// Its report.
    pub(crate) live: Answer<LiveReport>,
}

/// The report of each process about the recovery store.
#[derive(Debug)]
pub(crate) struct Stores(pub(crate) Vec<Answer<StoreReport>>);

impl Stores {
    /// Returns the epoch from which the flow would resume if it stopped now: the snapshots of every partition contain
    /// everything before it.
    ///
    /// # Errors
    /// The reason why it is unknown.
    pub(crate) fn frontier(&self) -> Answer<u64> {
        Ok(resume::next(&self.whole()?).epoch)
    }

    /// Returns the facts that all processes agreed on at the last start; `None` before the first start.
    ///
    /// # Errors
    /// The reason why they are unknown.
    pub(crate) fn last_start(&self) -> Answer<Option<LastStart>> {
        let starts = self
            .whole()?
            .into_iter()
            .map(|facts| facts.passport.last_start);
        Ok(starts.flatten().max_by_key(|start| start.execution))
    }

    /// Returns the newest restore point; `None` if there is none yet.
    ///
    /// # Errors
    /// The reason why it is unknown.
    pub(crate) fn newest_point(&self) -> Answer<Option<PointReport>> {
        let reports = self.0.iter().flatten();
        let mut backups = reports.clone().filter_map(|report| report.backup.as_ref());
        let newest = backups.find_map(|backup| backup.restorable.clone());
        let has_partition_0 = |report: &StoreReport| {
            report
                .partitions
                .iter()
                .any(|partition| partition.index == 0)
        };
        match newest {
            Some(newest) => Ok(Some(newest)),
            None if reports.into_iter().any(has_partition_0) => Ok(None),
            None => Err(self.why_unknown()),
        }
    }

    /// Returns why the process that looks for restore points has found none.
    #[must_use]
    pub(crate) fn why_no_point(&self) -> Option<&str> {
        let reports = self.0.iter().flatten();
        let mut backups = reports.filter_map(|report| report.backup.as_ref());
        backups.find_map(|backup| backup.not_restorable.as_deref())
    }

    /// Returns the steps that have state in the store, but are no stateful steps of the running code.
    ///
    /// # Errors
    /// The reason why they are unknown.
    pub(crate) fn orphaned_steps(&self) -> Answer<BTreeSet<String>> {
        self.whole()?;
        let reports = || self.0.iter().flatten();
        let flow = reports().filter_map(|report| report.flow.as_ref());
        let Some(flow) = flow.into_iter().find(|flow| flow.knows_state()) else {
            return Err("no process has loaded the code yet".to_owned());
        };
        let kept = reports().flat_map(|report| &report.partitions);
        let kept = kept.flat_map(|partition| partition.steps.iter().cloned());
        Ok(kept.filter(|step| !flow.stateful.contains(step)).collect())
    }

    /// Returns the facts of all partitions, or why they are incomplete.
    fn whole(&self) -> Answer<Vec<PartitionFacts>> {
        let mut facts: Vec<PartitionFacts> = Vec::new();
        for report in &self.0 {
            for partition in &report.as_ref().map_err(Clone::clone)?.partitions {
                let PartitionReport {
                    index,
                    facts: reported,
                    unreadable,
                    ..
                } = partition;
                match (reported, unreadable) {
                    (Some(reported), _) => facts.push(reported.clone()),
                    (None, Some(why)) => return Err(format!("partition {index}: {why}")),
                    (None, None) => return Err(format!("partition {index} reported nothing")),
                }
            }
        }
        let count = facts.first().map_or(0, |facts| facts.count);
        let missing = (0..count).find(|index| facts.iter().all(|facts| facts.index != *index));
        match missing {
            Some(index) => Err(format!("no process has partition {index}")),
            None if count == 0 => Err(self.why_unknown()),
            None => Ok(facts),
        }
    }

    /// Returns why nothing is known.
    fn why_unknown(&self) -> String {
        let why = self.0.iter().find_map(|report| report.as_ref().err());
        let no_process = || match self.0.is_empty() {
            true => "no process is running".to_owned(),
            false => "no process has a partition".to_owned(),
        };
        why.cloned().unwrap_or_else(no_process)
    }
}

/// Returns the lowest commit epoch of a process's partitions; `None` if one has none yet.
#[must_use]
pub(crate) fn commit(report: &StoreReport) -> Option<u64> {
    let facts = report
        .partitions
        .iter()
        .map(|partition| partition.facts.as_ref());
    facts
        .map(|facts| facts.and_then(|facts| facts.commit))
        .min()
        .flatten()
}

/// The text of a fact that no process could report.
const UNKNOWN: &str = "<unknown>";

/// Summarizes the reports about the store for a list.
#[must_use]
pub(crate) fn cells(stores: &Stores, has_backups: bool, now: Timestamp) -> ProcessCells {
    let unknown = |_| UNKNOWN.to_owned();
    let restorable = match has_backups {
        true => stores.newest_point().map(|newest| {
            newest.map_or_else(String::new, |point| age::age_since(now, point.taken))
        }),
        false => Ok(String::new()),
    };
    ProcessCells {
        frontier: stores
            .frontier()
            .map_or_else(unknown, |epoch| epoch.to_string()),
        restorable: restorable.unwrap_or_else(unknown),
    }
}

/// Returns the cells of a list if no process could be polled.
#[must_use]
pub(crate) fn unknown_cells(has_backups: bool) -> ProcessCells {
    let restorable = if has_backups { UNKNOWN } else { "" };
    ProcessCells {
        frontier: UNKNOWN.to_owned(),
        restorable: restorable.to_owned(),
    }
}

#[cfg(test)]
mod tests;
