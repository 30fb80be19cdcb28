//! One partition: a file of the engine's, opened through SQLite only.
//!
//! A main file alone is an older moment than the file with its `-wal`, and still a valid store; so
//! live files are never read, copied or judged by their bytes.

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
