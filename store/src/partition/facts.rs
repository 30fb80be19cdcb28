//! What a partition says.

use serde::{Deserialize, Serialize};

use super::{
    error::{PartitionError, RowCounts},
    file::Partition,
    passport::Passport,
};

/// How many of the newest executions facts tell of.
///
/// A partition can't know which execution is the newest of the store, as each row lies in one
/// partition only; but all that is newer than its own newest is at most one abandoned start.
const NEWEST: u32 = 4;

/// What a partition says of itself, as much as the others need to know to resume.
///
/// The size does not grow with the age of the store.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartitionFacts {
    /// Its index.
    pub index: u32,
    /// How many partitions the store has.
    pub count: u32,
    /// Where it belongs.
    pub passport: Passport,
    /// The newest executions that have their row here, oldest first.
    pub executions: Vec<Execution>,
    /// The frontiers of the newest executions that have a row here.
    pub fronts: Vec<Front>,
    /// The epoch up to which the engine has collected here; none before it first did.
    pub commit: Option<u64>,
}

/// One run of the engine.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Execution {
    /// Its number, from 0.
    pub number: u64,
    /// How many workers it had, over all processes.
    pub workers: u64,
    /// The epoch it began with.
    pub resume_epoch: u64,
}

/// How far a worker had come in an execution.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Front {
    /// The execution.
    pub execution: u64,
    /// The worker's index.
    pub worker: u64,
    /// The oldest epoch it still had work for.
    pub epoch: u64,
}

impl PartitionFacts {
    /// The highest commit epoch ever seen.
    #[must_use]
    pub fn highest_commit(&self) -> Option<u64> {
        self.commit.max(self.passport.highest_commit)
    }
}

impl Partition {
    /// Reads what the partition says of itself.
    ///
    /// # Errors
    /// Fails when the file can't be read.
    pub fn facts(&self) -> Result<PartitionFacts, PartitionError> {
        // One transaction: beside a running engine the tables would be of different moments.
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

    /// The newest epoch that has a snapshot; reads the whole file.
    ///
    /// # Errors
    /// Fails when the file can't be read.
    pub fn newest_snap(&self) -> Result<Option<u64>, PartitionError> {
        let newest = "SELECT max(snap_epoch) FROM snaps";
        Ok(self.connection.query_row(newest, (), |row| row.get(0))?)
    }

    /// Counts the rows; reads the whole file.
    ///
    /// # Errors
    /// Fails when the file can't be read.
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

    /// Checks that the file holds what was written to it.
    pub(crate) fn expect_rows(&self, expected: RowCounts) -> Result<(), PartitionError> {
        let found = self.row_counts()?;
        if found == expected {
            Ok(())
        } else {
            Err(PartitionError::OtherRows { expected, found })
        }
    }

    /// The ids of all steps that have state here, in order.
    ///
    /// # Errors
    /// Fails when the file can't be read.
    pub fn step_ids(&self) -> Result<Vec<String>, PartitionError> {
        // Steps are few and their rows many: jumps over the index instead of reading all of it.
        let mut next = self
            .connection
            .prepare("SELECT min(step_id) FROM snaps WHERE step_id > ?1")?;
        let mut ids = Vec::new();
        // Ids are never empty: the flow's own name comes first.
        let mut last = Some(String::new());
        while let Some(id) = last {
            last = next.query_row([&id], |row| row.get(0))?;
            ids.extend(last.clone());
        }
        Ok(ids)
    }
}
