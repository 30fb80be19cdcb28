//! The passport of a partition: where the file belongs and what the last start knew of it.

use serde::{Deserialize, Serialize};

use crate::{
    identity::{StoreId, Timeline},
    start::Intervals,
};

/// The format version of the table; a newer one is refused.
pub const PASSPORT_FORMAT: u32 = 1;

/// Where a partition belongs, and what the last start wrote into it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Passport {
    /// The store.
    pub store: StoreId,
    /// The timeline the content is of.
    pub timeline: Timeline,
    /// Where the timeline left its parent; none for a new store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<Branch>,
    /// The step that put the file here.
    pub step: u64,
    /// The last start on this file; none before the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_start: Option<LastStart>,
    /// The highest commit epoch ever seen. The engine's own goes back when intervals change,
    /// although the older snapshots are gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highest_commit: Option<u64>,
}

/// Where a timeline left its parent.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Branch {
    /// The timeline before.
    pub parent: Timeline,
    /// The epoch at which the new one goes on; what the parent wrote from there on is not part of it.
    pub epoch: u64,
    /// The first execution of the new one. An execution of the parent with this number or a higher
    /// one is not part of it, even where it resumed below the epoch: nobody knew of it.
    pub execution: u64,
}

/// What all processes agreed on before an engine start.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LastStart {
    /// The start number of the gang.
    pub start: u64,
    /// The round of that start.
    pub round: String,
    /// The execution the engine was to begin.
    pub execution: u64,
    /// The epoch it was to resume from.
    pub resume_epoch: u64,
    /// What the engine was started with.
    pub intervals: Intervals,
}
