//! Reads and writes the passport in our own table `waxrun`, which every partition has.
//!
//! The engine never reads or writes this table.

use rusqlite::{Connection, Row};

use super::{
    error::PartitionError,
    passport::{Branch, LastStart, PASSPORT_FORMAT, Passport},
};
use crate::start::Intervals;

const TABLE: &str = "CREATE TABLE waxrun (
    id INTEGER PRIMARY KEY NOT NULL CHECK (id = 0),
    format INTEGER NOT NULL,
    store TEXT NOT NULL,
    timeline TEXT NOT NULL,
    parent TEXT,
    branch_epoch INTEGER,
    branch_execution INTEGER,
    step INTEGER NOT NULL,
    start INTEGER,
    round TEXT,
    execution INTEGER,
    resume_epoch INTEGER,
    snapshot_interval INTEGER,
    backup_interval INTEGER,
    highest_commit INTEGER
    ) STRICT";

/// Creates the table and writes the first passport.
pub(super) fn create(connection: &Connection, passport: &Passport) -> rusqlite::Result<()> {
    connection.execute_batch(TABLE)?;
    write(connection, passport)
}

/// Replaces the passport.
pub(super) fn write(connection: &Connection, passport: &Passport) -> rusqlite::Result<()> {
    let Passport {
        store,
        timeline,
        branch,
        change_number,
        last_start,
        highest_commit,
    } = passport;
    let branch = branch.as_ref();
    let last = last_start.as_ref();
    connection.execute(
        "INSERT OR REPLACE INTO waxrun VALUES
         (0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
        rusqlite::params![
            PASSPORT_FORMAT,
            store.as_str(),
            timeline.as_str(),
            branch.map(|branch| branch.parent.as_str()),
            branch.map(|branch| branch.epoch),
            branch.map(|branch| branch.execution),
            change_number,
            last.map(|last| last.start),
            last.map(|last| &last.round),
            last.map(|last| last.execution),
            last.map(|last| last.resume_epoch),
            last.map(|last| last.intervals.snapshot()),
            last.map(|last| last.intervals.backup()),
            highest_commit,
        ],
    )?;
    Ok(())
}

/// Reads the passport from any open SQLite file.
pub(super) fn read(connection: &Connection) -> Result<Passport, PartitionError> {
    let tables: u32 = connection.query_row(
        "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'waxrun'",
        (),
        |row| row.get(0),
    )?;
    if tables == 0 {
        return Err(PartitionError::NoPassport);
    }
    // Order: the format is read first, because a newer table may have other columns.
    let format = connection.query_row("SELECT format FROM waxrun", (), |row| row.get(0));
    match format {
        Ok(PASSPORT_FORMAT) => {}
        Ok(found) if found > PASSPORT_FORMAT => return Err(PartitionError::NewerFormat { found }),
        Err(error) if error.sqlite_error_code().is_some() => return Err(error.into()),
        Ok(_) | Err(_) => return Err(PartitionError::BadPassport),
    }
    match connection.query_row("SELECT * FROM waxrun", (), |row| Ok(from_row(row))) {
        Ok(passport) => passport,
        Err(error) => Err(error.into()),
    }
}

fn from_row(row: &Row<'_>) -> Result<Passport, PartitionError> {
    let parent: Option<String> = value(row, "parent")?;
    let epoch: Option<u64> = value(row, "branch_epoch")?;
    let execution: Option<u64> = value(row, "branch_execution")?;
    Ok(Passport {
        store: parsed(&value::<String>(row, "store")?)?,
        timeline: parsed(&value::<String>(row, "timeline")?)?,
        branch: match (parent, epoch, execution) {
            (Some(parent), Some(epoch), Some(execution)) => Some(Branch {
                parent: parsed(&parent)?,
                epoch,
                execution,
            }),
            (None, None, None) => None,
            _ => return Err(PartitionError::BadPassport),
        },
        change_number: value(row, "step")?,
        last_start: match value(row, "start")? {
            Some(start) => Some(last_start(row, start)?),
            None => None,
        },
        highest_commit: value(row, "highest_commit")?,
    })
}

fn last_start(row: &Row<'_>, start: u64) -> Result<LastStart, PartitionError> {
    let intervals = Intervals::new(
        value(row, "snapshot_interval")?,
        value(row, "backup_interval")?,
    );
    Ok(LastStart {
        start,
        round: value(row, "round")?,
        execution: value(row, "execution")?,
        resume_epoch: value(row, "resume_epoch")?,
        intervals: intervals.map_err(|_| PartitionError::BadPassport)?,
    })
}

fn value<T: rusqlite::types::FromSql>(row: &Row<'_>, column: &str) -> Result<T, PartitionError> {
    row.get(column).map_err(|error| match error {
        rusqlite::Error::SqliteFailure(..) => error.into(),
        _ => PartitionError::BadPassport,
    })
}

fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, PartitionError> {
    text.parse().map_err(|_| PartitionError::BadPassport)
}
