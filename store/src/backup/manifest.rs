//! What is written beside each copy.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::name::{CopyName, Stem};
use crate::{cut::Copy, engine, identity::StoreId, partition::PartitionFacts};

/// The format version of a manifest; a newer one is not read.
pub const MANIFEST_FORMAT: u32 = 1;

/// No manifest is longer; one that is was not written by us.
pub const MANIFEST_LIMIT: usize = 1 << 20;

/// The highest number SQLite holds. Nothing in a partition can be beyond it, and we count from what
/// stands in a manifest without an overflow.
const HIGHEST: u64 = i64::MAX as u64;

/// What a copy holds, written after it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// [`MANIFEST_FORMAT`] of the writer.
    pub v: u32,
    /// What the copy says of itself: partition, passport, executions, frontiers, commit.
    pub facts: PartitionFacts,
    /// The newest epoch it has a snapshot of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_snap: Option<u64>,
    /// The frontier of the whole gang, read before the copy was begun; none where it was not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontier: Option<u64>,
    /// The engine's schema version.
    pub engine_schema: u32,
    /// The engine's version, where the writer knew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// When it was taken, in seconds since 1970.
    pub taken: u64,
    /// The copy itself: this manifest's own, or an earlier one with the same content.
    pub copy: Stem,
    /// The copy's size in bytes.
    pub size: u64,
    /// The copy's SHA-256.
    pub sha256: String,
}

/// Why a manifest is not believed.
#[derive(Debug, Error)]
pub enum ManifestFault {
    /// It is no manifest.
    #[error("it is damaged")]
    Damaged(#[source] serde_json::Error),
    /// It is longer than any manifest.
    #[error("it is longer than any manifest")]
    TooLong,
    /// A newer platform wrote it.
    #[error("it has format {found}, known is {MANIFEST_FORMAT}")]
    NewerFormat {
        /// Its format.
        found: u32,
    },
    /// It is of another copy than its name says, or holds numbers nothing of ours has.
    #[error("{what} is not what its name or its format allows")]
    Wrong {
        /// Which of its fields.
        what: &'static str,
    },
}

#[derive(Deserialize)]
struct Versioned {
    v: u32,
}

impl Manifest {
    /// Reads a manifest that lies under a name in the folder of a store.
    ///
    /// # Errors
    /// Refuses what is damaged, too long, newer, or contradicts its name.
    pub fn parse(text: &[u8], name: &CopyName, store: &StoreId) -> Result<Self, ManifestFault> {
        if text.len() > MANIFEST_LIMIT {
            return Err(ManifestFault::TooLong);
        }
        let Versioned { v } = serde_json::from_slice(text).map_err(ManifestFault::Damaged)?;
        if v > MANIFEST_FORMAT {
            return Err(ManifestFault::NewerFormat { found: v });
        }
        let manifest: Self = serde_json::from_slice(text).map_err(ManifestFault::Damaged)?;
        match manifest.contradiction(name, store) {
            Some(what) => Err(ManifestFault::Wrong { what }),
            None => Ok(manifest),
        }
    }

    /// The text that is stored.
    #[must_use]
    pub fn to_text(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a manifest has only texts and numbers")
    }

    /// What a cut needs to know of the copy.
    #[must_use]
    pub fn moment(&self) -> Copy {
        Copy {
            facts: self.facts.clone(),
            newest_snap: self.newest_snap,
            frontier: self.frontier,
        }
    }

    fn contradiction(&self, name: &CopyName, store: &StoreId) -> Option<&'static str> {
        let passport = &self.facts.passport;
        let start = passport.last_start.as_ref();
        let execution = start.map_or(0, |start| start.execution);
        let is_hash = self.sha256.len() == 64
            && self
                .sha256
                .bytes()
                .all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let checks = [
            ("the store", passport.store == *store),
            ("the timeline", passport.timeline == name.timeline),
            ("the partition", self.facts.index == name.part),
            ("the partition's count", self.facts.index < self.facts.count),
            ("the execution", execution == name.stem.execution()),
            ("the checksum", is_hash),
            (
                "the engine's schema",
                self.engine_schema == engine::SCHEMA_VERSION,
            ),
            ("a number", self.numbers().all(|number| number <= HIGHEST)),
        ];
        checks
            .into_iter()
            .find_map(|(what, fits)| (!fits).then_some(what))
    }

    fn numbers(&self) -> impl Iterator<Item = u64> {
        let facts = &self.facts;
        let rows = facts.executions.iter();
        let rows = rows.flat_map(|row| [row.number, row.resume_epoch]);
        let fronts = facts.fronts.iter();
        let fronts = fronts.flat_map(|front| [front.execution, front.epoch]);
        let branch = facts.passport.branch.iter();
        let branch = branch.flat_map(|branch| [branch.epoch, branch.execution]);
        let start = facts.passport.last_start.iter();
        let start = start.flat_map(|start| [start.execution, start.resume_epoch]);
        let others = [
            facts.highest_commit(),
            self.newest_snap,
            self.frontier,
            Some(self.size),
            Some(self.taken),
        ];
        rows.chain(fronts)
            .chain(branch)
            .chain(start)
            .chain(others.into_iter().flatten())
    }
}
