//! Reads and writes the manifest, the JSON file beside each copy.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::name::{CopyName, Stem};
use crate::{cut::PartitionCopy, engine, identity::StoreId, partition::PartitionFacts};

/// The format version of a manifest; a newer one is refused.
pub const MANIFEST_FORMAT: u32 = 1;

/// The longest manifest in bytes. A longer one was not written by this platform.
pub const MANIFEST_LIMIT: usize = 1 << 20;

/// The highest number in SQLite. A partition cannot contain a higher one, and this limit keeps
/// arithmetic on the numbers of a manifest from overflowing.
const HIGHEST: u64 = i64::MAX as u64;

/// The content of a copy, as written beside it after the copy is complete.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// The [`MANIFEST_FORMAT`] of the writer.
    pub v: u32,
    /// The facts in the copy: partition, passport, executions, frontiers, commit.
    pub facts: PartitionFacts,
    /// The newest epoch of which the copy contains a snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub newest_snap: Option<u64>,
    /// The frontier of the whole gang, read before the copy began; `None` if it was not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frontier: Option<u64>,
    /// The schema version of the engine.
    pub engine_schema: u32,
    /// The version of the engine, if the writer knew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// The time of the copy, in seconds since 1970.
    pub taken: u64,
    /// The name of the copy: the one written with this manifest, or an earlier one with the same
    /// content.
    pub copy: Stem,
    /// The size of the copy in bytes.
    pub size: u64,
    /// The SHA-256 of the copy, in hex digits.
    pub sha256: String,
}

/// The reason why a manifest is refused.
#[derive(Debug, Error)]
pub enum ManifestFault {
    /// The file is not a manifest.
    #[error("it is damaged")]
    Damaged(#[source] serde_json::Error),
    /// The file is longer than [`MANIFEST_LIMIT`].
    #[error("it is longer than {MANIFEST_LIMIT} bytes")]
    TooLong,
    /// A newer release of the platform wrote the manifest.
    #[error("it has format {found}; this release supports {MANIFEST_FORMAT}")]
    NewerFormat {
        /// The format of the manifest.
        found: u32,
    },
    /// A field contradicts the name of the manifest, or is not a valid value.
    #[error("{what} contradicts its name or its format")]
    Wrong {
        /// The field.
        what: &'static str,
    },
}

#[derive(Deserialize)]
struct Versioned {
    v: u32,
}

impl Manifest {
    /// Parses a manifest and compares it with its name and its store.
    ///
    /// # Errors
    /// Refuses a manifest that is damaged, too long, newer, or contradicts its name.
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

    /// Returns the JSON text that is stored.
    #[must_use]
    pub fn to_text(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a manifest has only texts and numbers")
    }

    /// Returns the copy as input of a cut.
    #[must_use]
    pub fn partition_copy(&self) -> PartitionCopy {
        PartitionCopy {
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
