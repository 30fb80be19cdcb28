//! The recovery store as files: what partitions and volumes say, whether they fit the orders, and
//! every change of them.
//!
//! A *store* is the set of recovery partitions of one dataflow, SQLite files of the engine that lie
//! on one or more volumes. The engine takes what it finds: a missing file, an old copy or a second
//! one restarts sources from nothing or mixes moments without a word. So nothing here guesses. A
//! gang only verifies and trims; a change of the store is a job that prepares everything and then
//! flips, so that a crash at any byte leaves the old set or the new one.

pub mod backup;
pub mod cut;
mod disk;
pub mod engine;
pub mod fault;
pub mod fence;
#[cfg(test)]
mod fixture;
pub mod identity;
pub mod inspect;
pub mod job;
pub mod member;
pub mod orders;
pub mod partition;
pub mod resume;
pub mod route;
mod start;
mod verify;
pub mod volume;

pub use disk::{DiskError, checksum};
