//! What a volume should hold.

use crate::{
    identity::{StoreId, Timeline},
    orders::Placement,
};

/// The remedy for what is lost.
pub(super) const FROM_BACKUP: &str = "bring the volume back, or restore the store from a backup";

/// What a volume should hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Expectation<'a> {
    pub(crate) store: &'a StoreId,
    pub(crate) timeline: &'a Timeline,
    /// The highest step that may have been here.
    pub(crate) step: u64,
    /// The highest start that may have been here.
    pub(crate) start: u64,
    /// Where all partitions lie.
    pub(crate) placement: &'a Placement,
    /// The partitions to open, all when none are named; the others are judged by their names.
    pub(crate) open: Option<&'a [u32]>,
}
