//! Reads, verifies and changes the recovery store of a dataflow, as files.
//!
//! A *recovery store* is all recovery partitions of one dataflow: SQLite files of the engine on one
//! or more volumes. The engine loads whatever files it finds. With a missing file, an old copy or a
//! duplicate, it restarts sources from the beginning or combines state of different epochs, without
//! an error. So this crate never guesses: if the files do not match the spec, it refuses them.
//!
//! - A gang verifies its partitions and trims them to the resume epoch: [`locked_volume`], [`resume`].
//! - Every other change is a *store change*: [`change`] writes all new files, then swaps them in. After
//!   a crash at any byte, the volumes hold the old set, or the next run completes the swap.
//! - Copies in a bucket become restore points: [`backup`], and [`cut`] for the epoch that they share.
//!
//! The words are defined in `docs/glossary.md`, the assumptions about the engine in
//! `docs/recovery.md`.

pub mod backup;
pub mod change;
pub mod cut;
mod disk;
pub mod engine;
pub mod fault;
pub mod fence;
#[cfg(test)]
mod fixture;
pub mod identity;
pub mod inspect;
pub mod locked_volume;
pub mod partition;
pub mod resume;
pub mod route;
pub mod spec;
mod start;
mod verify;
pub mod volume;

pub use disk::{DiskError, checksum};
