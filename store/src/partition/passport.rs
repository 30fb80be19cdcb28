//! Defines the passport of a partition, our own table in every partition file.
//!
//! The passport contains the store, the timeline, the number of the store change that wrote the file, and
//! the parameters of the last start. The engine never changes it.

use serde::{Deserialize, Serialize};

use crate::{
    identity::{StoreId, Timeline},
    start::Intervals,
};

/// The format version of the table; a newer one is refused.
pub const PASSPORT_FORMAT: u32 = 1;

/// The identity of a partition, and the parameters of the last start on it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Passport {
    /// The store that the partition belongs to.
    pub store: StoreId,
    /// The timeline of the content.
    pub timeline: Timeline,
    /// The branch point of the timeline; `None` for a new store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Branch>,
    /// The store change that wrote the file.
    #[serde(rename = "step")]
    pub change_number: u64,
    /// The last start on this file; `None` before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_start: Option<LastStart>,
    /// The highest commit epoch ever seen. The engine's own value decreases when intervals change,
    /// although the older snapshots are already deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highest_commit: Option<u64>,
}

/// The point at which a timeline branched from its parent.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Branch {
    /// The parent timeline.
    pub parent: Timeline,
    /// The epoch at which the new timeline continues. Whatever the parent wrote from this epoch on
    /// does not belong to the new timeline.
    pub epoch: u64,
    /// The first execution of the new timeline.
    ///
    /// An execution of the parent with this number or a higher one does not belong to the new timeline,
    /// even if it resumed below the epoch. The store change that made the branch did not know it.
    pub execution: u64,
}

/// The parameters on which all processes agreed before an engine start.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastStart {
    /// The start number of the gang.
    pub start: u64,
    /// The round of that start.
    pub round: String,
    /// The execution that the engine was to begin.
    pub execution: u64,
    /// The epoch from which it was to resume.
    pub resume_epoch: u64,
    /// The intervals with which the engine was started.
    pub intervals: Intervals,
}
