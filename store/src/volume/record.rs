//! Our record of a volume: whose it is, and the highest numbers it has seen.

use std::{fs, io, path::PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::folder::Volume;
use crate::{
    disk::{Disk, DiskError},
    identity::{ClaimUid, StoreId},
};

/// The format version of the record; a newer one is refused.
pub const RECORD_FORMAT: u32 = 1;

/// What we keep on every volume of a store, also on one without partitions.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// [`RECORD_FORMAT`] of the writer.
    pub v: u32,
    /// The store the volume belongs to.
    pub store: StoreId,
    /// The claim it was mounted for: a copy of the volume has another one.
    pub claim: ClaimUid,
    /// The highest step number seen.
    pub step: u64,
    /// The highest start number seen.
    pub start: u64,
}

/// Why a record can't be used.
#[derive(Debug, Error)]
pub enum RecordError {
    /// It can't be read.
    #[error("the volume's record can't be read")]
    Io(#[source] io::Error),
    /// It is no record.
    #[error("the volume's record is damaged")]
    Damaged(#[source] serde_json::Error),
    /// A newer platform wrote it.
    #[error("the volume's record has format {found}, known is {RECORD_FORMAT}")]
    NewerFormat {
        /// Its format.
        found: u32,
    },
}

#[derive(Deserialize)]
struct Versioned {
    v: u32,
}

impl Volume {
    /// Where the record lies.
    pub(crate) fn record_path(&self) -> PathBuf {
        self.folder.join(".waxrun-volume.json")
    }

    /// Reads the record; none on a volume that no store has used.
    ///
    /// # Errors
    /// Refuses a damaged or newer one.
    pub fn record(&self) -> Result<Option<Record>, RecordError> {
        let text = match fs::read(self.record_path()) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(RecordError::Io(error)),
        };
        let Versioned { v } = serde_json::from_slice(&text).map_err(RecordError::Damaged)?;
        if v > RECORD_FORMAT {
            return Err(RecordError::NewerFormat { found: v });
        }
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(RecordError::Damaged)
    }

    /// Sets the numbers of the record, or makes it; a crash leaves the old one or the new one.
    ///
    /// The caller has checked that the record has seen no higher ones.
    pub(crate) fn note(
        &self,
        disk: &mut Disk<'_>,
        store: &StoreId,
        step: u64,
        start: u64,
    ) -> Result<(), DiskError> {
        let record = Record {
            v: RECORD_FORMAT,
            store: store.clone(),
            claim: self.claim.clone(),
            step,
            start,
        };
        if self.record().ok().flatten().as_ref() == Some(&record) {
            return Ok(());
        }
        let text = serde_json::to_vec(&record).expect("a record has only texts and numbers");
        disk.replace(&self.record_path(), &text)
    }
}
