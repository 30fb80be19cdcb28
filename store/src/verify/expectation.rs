//! Defines the expected content of volumes.

use crate::{
    identity::{StoreId, Timeline},
    spec::Placement,
};

/// The remedy for a lost file.
pub(super) const FROM_BACKUP: &str = "bring the volume back, or restore the store from a backup";

/// The expected content of volumes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expectation<'a> {
    pub(crate) store: &'a StoreId,
    pub(crate) timeline: &'a Timeline,
    /// The highest change number that a header or passport may contain.
    pub(crate) change_number: u64,
    /// The highest start number that a header or passport may contain.
    pub(crate) start: u64,
    /// The volume of each partition.
    pub(crate) placement: &'a Placement,
    /// The partitions to open; `None` opens all. The others are checked by their names only.
    pub(crate) open: Option<&'a [u32]>,
}
