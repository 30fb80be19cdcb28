//! Reads and writes one partition: an SQLite file of the engine, opened through SQLite only.
//!
//! A main file without its `-wal` is a valid but older state. So live files are never read, copied or
//! judged by their bytes.
//!
//! Begin with [`Partition`] for the file, [`Passport`] for our own table in it, and
//! [`PartitionFacts`] for what a process reports about it.

mod begin;
mod copy;
mod create;
mod error;
mod facts;
mod file;
mod passport;
mod rows;
mod table;

pub use begin::{Beginning, Trimmed};
pub use error::{PartitionError, RowCounts};
pub use facts::{Execution, Front, PartitionFacts};
pub use file::{COMPANIONS, Partition, SUFFIX};
pub use passport::{Branch, LastStart, PASSPORT_FORMAT, Passport};

pub(crate) use file::companion;
pub(crate) use rows::{Selection, Tally};

#[cfg(test)]
mod tests;
