//! What the agents in the pods of a Dataflow have said just now; pure. What nobody could be asked is
//! unknown, with the reason.

use std::collections::BTreeSet;

use agent::report::{LiveReport, PartitionReport, PointReport, StoreReport};
use gitops::age;
use gitops::row::ProcessCells;
use jiff::Timestamp;
use store::partition::{LastStart, PartitionFacts};
use store::resume;

/// An answer, or why there is none.
pub(crate) type Answer<T> = Result<T, String>;

/// All processes of a Dataflow.
#[derive(Debug)]
pub(crate) struct Live {
    /// Each process, the first one first.
    pub(crate) processes: Vec<Process>,
    /// What they say of the recovery store, in the same order; none without recovery.
    pub(crate) stores: Option<Stores>,
}

/// One process.
#[derive(Debug)]
pub(crate) struct Process {
    /// The pod that it runs in.
    pub(crate) pod: String,
    /// How it is.
    pub(crate) live: Answer<LiveReport>,
}

/// What each process says of the recovery store.
#[derive(Debug)]
pub(crate) struct Stores(pub(crate) Vec<Answer<StoreReport>>);

impl Stores {
    /// The epoch from which the flow would resume if it stopped now: all before it is in the snapshots
    /// of every partition.
    ///
    /// # Errors
    /// Why it is unknown.
    pub(crate) fn frontier(&self) -> Answer<u64> {
        Ok(resume::next(&self.whole()?).epoch)
    }

    /// What all processes agreed on at the last start; none before the first.
    ///
    /// # Errors
    /// Why it is unknown.
    pub(crate) fn last_start(&self) -> Answer<Option<LastStart>> {
        let starts = self.whole()?.into_iter().map(|it| it.passport.last_start);
        Ok(starts.flatten().max_by_key(|start| start.execution))
    }

    /// The newest moment that backups lead back to; none if there is none yet.
    ///
    /// # Errors
    /// Why it is unknown.
    pub(crate) fn newest_point(&self) -> Answer<Option<PointReport>> {
        let reports = self.0.iter().flatten();
        let mut backups = reports.clone().filter_map(|report| report.backup.as_ref());
        let newest = backups.find_map(|backup| backup.restorable.clone());
        let looked = |report: &StoreReport| report.partitions.iter().any(|it| it.index == 0);
        match newest {
            Some(newest) => Ok(Some(newest)),
            None if reports.into_iter().any(looked) => Ok(None),
            None => Err(self.silence()),
        }
    }

    /// Why the process that looks for such a moment has found none.
    #[must_use]
    pub(crate) fn why_no_point(&self) -> Option<&str> {
        let reports = self.0.iter().flatten();
        let mut backups = reports.filter_map(|report| report.backup.as_ref());
        backups.find_map(|backup| backup.not_restorable.as_deref())
    }

    /// The steps that have state, but not in the code that runs.
    ///
    /// # Errors
    /// Why they are unknown.
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

    /// What every partition says.
    fn whole(&self) -> Answer<Vec<PartitionFacts>> {
        let mut facts: Vec<PartitionFacts> = Vec::new();
        for report in &self.0 {
            for partition in &report.as_ref().map_err(Clone::clone)?.partitions {
                let PartitionReport {
                    index,
                    facts: said,
                    unreadable,
                    ..
                } = partition;
                match (said, unreadable) {
                    (Some(said), _) => facts.push(said.clone()),
                    (None, Some(why)) => return Err(format!("partition {index}: {why}")),
                    (None, None) => return Err(format!("partition {index} says nothing")),
                }
            }
        }
        let count = facts.first().map_or(0, |facts| facts.count);
        let missing = (0..count).find(|index| facts.iter().all(|facts| facts.index != *index));
        match missing {
            Some(index) => Err(format!("no process has partition {index}")),
            None if count == 0 => Err(self.silence()),
            None => Ok(facts),
        }
    }

    /// Why nothing is known.
    fn silence(&self) -> String {
        let why = self.0.iter().find_map(|report| report.as_ref().err());
        let nobody = || match self.0.is_empty() {
            true => "no process runs".to_owned(),
            false => "no process has a partition".to_owned(),
        };
        why.cloned().unwrap_or_else(nobody)
    }
}

/// The lowest epoch up to which a process's partitions have been collected; none before the first time.
#[must_use]
pub(crate) fn commit(report: &StoreReport) -> Option<u64> {
    let facts = report.partitions.iter().map(|it| it.facts.as_ref());
    facts
        .map(|facts| facts.and_then(|it| it.commit))
        .min()
        .flatten()
}

/// Shown for what no process could be asked.
const UNKNOWN: &str = "<unknown>";

/// Sums up for a list what the processes say of the store.
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

/// What stands in a list when nobody could be asked.
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
