//! A volume: a folder that holds partitions, what jobs left, and our record of it.

mod contents;
mod folder;
mod name;
mod record;

pub use contents::Contents;
pub use folder::Volume;
pub use name::JobFile;
pub use record::{RECORD_FORMAT, Record, RecordError};

pub(crate) use name::partition_name;

#[cfg(test)]
mod tests;
