//! Copies rows from one set of partitions to another, and checks that none is lost.

use rusqlite::{
    Row, Statement,
    types::{ToSqlOutput, ValueRef},
};
use sha2::{Digest as _, Sha256};

use super::{error::PartitionError, file::Partition};
use crate::{route, start::Resume};

/// The rows that are copied.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Selection<'a> {
    /// The first epoch whose snapshots are left out. Frontiers above it are left out too.
    pub(crate) before: Option<u64>,
    /// The ids of the steps whose state is left out.
    pub(crate) without_steps: &'a [String],
}

/// A checksum over rows, independent of their order and of the files that contain them.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(crate) struct Tally {
    /// The number of rows.
    pub(crate) rows: u64,
    sum: u128,
}

/// A table whose rows are distributed over the partitions.
struct Spread {
    select: &'static str,
    insert: &'static str,
    /// Returns the partition to which a row belongs.
    route: fn(&Row<'_>, u32) -> rusqlite::Result<u32>,
    /// Whether a row is copied.
    keep: fn(&Row<'_>, &Selection<'_>) -> rusqlite::Result<bool>,
}

const SPREAD: [Spread; 3] = [
    Spread {
        select: "SELECT created_at, ex_num, worker_count, resume_epoch FROM exs",
        insert: "INSERT INTO exs (created_at, ex_num, worker_count, resume_epoch)
                 VALUES (?1, ?2, ?3, ?4)",
        route: |row, count| Ok(route::partition_of_execution(row.get(1)?, count)),
        keep: |_, _| Ok(true),
    },
    Spread {
        select: "SELECT created_at, ex_num, worker_index, worker_frontier FROM fronts",
        insert: "INSERT INTO fronts (created_at, ex_num, worker_index, worker_frontier)
                 VALUES (?1, ?2, ?3, ?4)",
        route: |row, count| Ok(route::partition_of_front(row.get(1)?, row.get(2)?, count)),
        keep: |row, selection| {
            let epoch: u64 = row.get(3)?;
            Ok(selection.before.is_none_or(|before| epoch <= before))
        },
    },
    Spread {
        select: "SELECT created_at, step_id, state_key, snap_epoch, ser_change FROM snaps",
        insert: "INSERT INTO snaps (created_at, step_id, state_key, snap_epoch, ser_change)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
        route: |row, count| {
            let (step, key) = (row.get_ref(1)?.as_str()?, row.get_ref(2)?.as_str()?);
            Ok(route::partition_of_state(step, key, count))
        },
        keep: |row, selection| {
            let (step, epoch) = (row.get_ref(1)?.as_str()?, row.get::<_, u64>(3)?);
            Ok(selection.before.is_none_or(|before| epoch < before)
                && !selection
                    .without_steps
                    .iter()
                    .any(|without| without == step))
        },
    },
];

impl Partition {
    /// Copies the selected rows into a complete set of partitions and returns their checksum. Each row
    /// goes to the partition in which the engine will look for it.
    pub(crate) fn spread(
        &self,
        targets: &[Self],
        selection: &Selection<'_>,
    ) -> Result<Tally, PartitionError> {
        let count =
            u32::try_from(targets.len()).expect("a spec has fewer than four billion partitions");
        let mut tally = Tally::default();
        for table in SPREAD {
            let mut inserts = targets
                .iter()
                .map(|target| target.connection.prepare(table.insert))
                .collect::<rusqlite::Result<Vec<_>>>()?;
            self.each(&table, |row| {
                if (table.keep)(row, selection)? {
                    let target = (table.route)(row, count)? as usize;
                    insert(&mut inserts[target], row)?;
                    tally.add(row)?;
                }
                Ok(())
            })?;
        }
        Ok(tally)
    }

    /// Returns the checksum of all rows. A row that belongs to another partition is an error.
    pub(crate) fn tally(&self) -> Result<Tally, PartitionError> {
        let (index, count) = self.index_and_count()?;
        let mut tally = Tally::default();
        for table in SPREAD {
            self.each(&table, |row| {
                if (table.route)(row, count)? != index {
                    return Err(PartitionError::Misplaced);
                }
                Ok(tally.add(row)?)
            })?;
        }
        Ok(tally)
    }

    /// Begins a transaction, which ends with [`Self::end_writing`].
    pub(crate) fn begin_writing(&self) -> Result<(), PartitionError> {
        Ok(self.connection.execute_batch("BEGIN IMMEDIATE")?)
    }

    /// Commits the transaction of [`Self::begin_writing`].
    pub(crate) fn end_writing(&self) -> Result<(), PartitionError> {
        Ok(self.connection.execute_batch("COMMIT")?)
    }

    /// Writes the epoch up to which the engine has deleted replaced snapshots.
    pub(crate) fn set_commit(&self, epoch: u64) -> Result<(), PartitionError> {
        let (index, _) = self.index_and_count()?;
        self.connection.execute(
            "INSERT INTO commits (part_index, commit_epoch) VALUES (?1, ?2)",
            (index, epoch),
        )?;
        Ok(())
    }

    /// Adds an execution of one worker that resumes at an epoch and has no frontier.
    pub(crate) fn add_execution(&self, resume: Resume) -> Result<(), PartitionError> {
        self.connection.execute(
            "INSERT INTO exs (ex_num, worker_count, resume_epoch) VALUES (?1, 1, ?2)",
            (resume.execution, resume.epoch),
        )?;
        Ok(())
    }

    fn each(
        &self,
        table: &Spread,
        mut row: impl FnMut(&Row<'_>) -> Result<(), PartitionError>,
    ) -> Result<(), PartitionError> {
        let mut all = self.connection.prepare(table.select)?;
        let mut rows = all.query(())?;
        while let Some(next) = rows.next()? {
            row(next)?;
        }
        Ok(())
    }
}

impl Tally {
    /// Adds a row; the order of the calls does not matter.
    fn add(&mut self, row: &Row<'_>) -> rusqlite::Result<()> {
        let mut hash = Sha256::new();
        for column in 0..columns(row) {
            let (kind, bytes) = match row.get_ref(column)? {
                ValueRef::Null => (0_u8, Vec::new()),
                ValueRef::Integer(number) => (1, number.to_le_bytes().to_vec()),
                ValueRef::Real(number) => (2, number.to_le_bytes().to_vec()),
                ValueRef::Text(text) => (3, text.to_vec()),
                ValueRef::Blob(blob) => (4, blob.to_vec()),
            };
            hash.update([kind]);
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        }
        let digest: [u8; 32] = hash.finalize().into();
        let (half, _) = digest.split_at(16);
        let half = u128::from_le_bytes(half.try_into().expect("half of 32 bytes is 16"));
        self.sum = self.sum.wrapping_add(half);
        self.rows += 1;
        Ok(())
    }

    /// Returns the checksum over the rows of both.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            rows: self.rows + other.rows,
            sum: self.sum.wrapping_add(other.sum),
        }
    }
}

fn insert(into: &mut Statement<'_>, row: &Row<'_>) -> rusqlite::Result<()> {
    for column in 0..columns(row) {
        into.raw_bind_parameter(column + 1, ToSqlOutput::Borrowed(row.get_ref(column)?))?;
    }
    into.raw_execute()?;
    Ok(())
}

fn columns(row: &Row<'_>) -> usize {
    let statement: &Statement<'_> = row.as_ref();
    statement.column_count()
}
