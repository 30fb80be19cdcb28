//! Reads the facts of a partition: what the other processes need in order to resume.

use serde::{Deserialize, Serialize};

use super::{
    error::{PartitionError, RowCounts},
    file::Partition,
    passport::Passport,
};

/// The number of newest executions that the facts contain.
///
/// Each execution has its row in one partition only, so a partition does not know the newest
/// execution of the store. But at most one abandoned start is newer than its own newest execution.
const NEWEST: u32 = 4;

/// The content of a partition, as far as the other processes need it in order to resume.
///
/// Its size does not grow with the age of the store.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartitionFacts {
    /// The index of the partition.
    pub index: u32,
    /// The number of partitions of the store.
    pub count: u32,
    /// The passport of the partition.
    pub passport: Passport,
    /// The newest executions that have their row here, oldest first.
    pub executions: Vec<Execution>,
    /// The frontiers of the newest executions that have a row here.
    pub fronts: Vec<Front>,
    /// The epoch up to which the engine has deleted replaced snapshots here; `None` before its first
    /// collection.
    pub commit: Option<u64>,
}

/// One run of the engine.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// The number of the execution, from 0.
    pub number: u64,
    /// The number of its workers, over all processes.
    pub workers: u64,
    /// The epoch with which it began.
    pub resume_epoch: u64,
}

/// The frontier of a worker in an execution.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Front {
    /// The number of the execution.
    pub execution: u64,
    /// The index of the worker.
    pub worker: u64,
    /// The oldest epoch for which the worker still had work.
    pub epoch: u64,
}

impl PartitionFacts {
    /// Returns the highest commit epoch ever seen.
    #[must_use]
    pub fn highest_commit(&self) -> Option<u64> {
        self.commit.max(self.passport.highest_commit)
    }
}

impl Partition {
    /// Reads the facts of the partition.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub fn facts(&self) -> Result<PartitionFacts, PartitionError> {
        // One transaction: a running engine could write between the reads of two tables.
        let connection = self.connection.unchecked_transaction()?;
        let (index, count) = self.index_and_count()?;
        let passport = self.passport()?;
        let mut executions: Vec<_> = connection
            .prepare(
                "SELECT ex_num, worker_count, resume_epoch FROM exs ORDER BY ex_num DESC LIMIT ?1",
            )?
            .query_map([NEWEST], |row| {
                Ok(Execution {
                    number: row.get(0)?,
                    workers: row.get(1)?,
                    resume_epoch: row.get(2)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        executions.reverse();
        let fronts = connection
            .prepare(
                "SELECT ex_num, worker_index, worker_frontier FROM fronts WHERE ex_num >=
                 (SELECT min(ex_num) FROM
                  (SELECT DISTINCT ex_num FROM fronts ORDER BY ex_num DESC LIMIT ?1))
                 ORDER BY ex_num, worker_index",
            )?
            .query_map([NEWEST], |row| {
                Ok(Front {
                    execution: row.get(0)?,
                    worker: row.get(1)?,
                    epoch: row.get(2)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        let commit = connection.query_row("SELECT max(commit_epoch) FROM commits", (), |row| {
            row.get(0)
        })?;
        Ok(PartitionFacts {
            index,
            count,
            passport,
            executions,
            fronts,
            commit,
        })
    }

    /// Returns the newest epoch that has a snapshot; reads the whole file.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub fn newest_snap(&self) -> Result<Option<u64>, PartitionError> {
        let newest = "SELECT max(snap_epoch) FROM snaps";
        Ok(self.connection.query_row(newest, (), |row| row.get(0))?)
    }

    /// Counts the rows; reads the whole file.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub(crate) fn row_counts(&self) -> Result<RowCounts, PartitionError> {
        let count = |table: &str| {
            self.connection
                .query_row(&format!("SELECT count(*) FROM {table}"), (), |row| {
                    row.get(0)
                })
        };
        Ok(RowCounts {
            exs: count("exs")?,
            fronts: count("fronts")?,
            commits: count("commits")?,
            snaps: count("snaps")?,
        })
    }

    /// Checks that the file contains the number of rows that were written to it.
    pub(crate) fn expect_rows(&self, expected: RowCounts) -> Result<(), PartitionError> {
        let found = self.row_counts()?;
        if found == expected {
            Ok(())
        } else {
            Err(PartitionError::OtherRows { expected, found })
        }
    }

    /// Returns the ids of all steps that have state in this partition, in order.
    ///
    /// # Errors
    /// Fails if the file cannot be read.
    pub fn step_ids(&self) -> Result<Vec<String>, PartitionError> {
        // A flow has few steps, each with many rows: one index lookup per step, not a full scan.
        let mut next = self
            .connection
            .prepare("SELECT min(step_id) FROM snaps WHERE step_id > ?1")?;
        let mut ids = Vec::new();
        // An id is never empty, because it begins with the name of the flow.
        let mut last = Some(String::new());
        while let Some(id) = last {
            last = next.query_row([&id], |row| row.get(0))?;
            ids.extend(last.clone());
        }
        Ok(ids)
    }
}
