//! Reads and names the files on a volume: partitions, files of store changes, and the volume header.
//!
//! | file | content |
//! |---|---|
//! | `part-I.sqlite3` | partition I, under the name that the engine opens |
//! | `.waxrun-volume.json` | the [`VolumeHeader`] |
//! | `part-I.N.incoming` | partition I as written by store change N, not yet in use |
//! | `part-I.N.retired` | partition I that store change N took out of use |
//! | `.waxrun-plan-N.json` | the plan of store change N |
//! | `*-wal`, `*-shm`, `*-journal` | companions that SQLite keeps beside a main file |
//!
//! Only names that end in `.sqlite3` are opened by the engine.

mod contents;
mod folder;
mod header;
mod name;

pub use contents::Contents;
pub use folder::Volume;
pub use header::{HEADER_FORMAT, HeaderError, VolumeHeader};
pub use name::ChangeFile;

pub(crate) use name::partition_name;

#[cfg(test)]
mod tests;
