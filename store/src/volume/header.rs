//! Reads and writes the volume header: the store that owns the volume, and the highest numbers seen.
//!
//! The header fences out older pods: a pod whose change number or start number is lower than the
//! one in the header is refused.

use std::{fs, io, path::PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::folder::Volume;
use crate::{
    disk::{Disk, DiskError},
    identity::{ClaimUid, StoreId},
};

/// The format version of the header; a newer one is refused.
pub const HEADER_FORMAT: u32 = 1;

/// The file that we keep on every volume of a store, even on one without partitions.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VolumeHeader {
    /// The [`HEADER_FORMAT`] of the writer.
    pub v: u32,
    /// The store that owns the volume.
    pub store: StoreId,
    /// The UID of the PVC for which it was mounted. A copy of the volume is mounted for another one.
    pub claim: ClaimUid,
    /// The highest change number seen.
    #[serde(rename = "step")]
    pub change_number: u64,
    /// The highest start number seen.
    pub start: u64,
}

/// The reason why a header cannot be used.
#[derive(Debug, Error)]
pub enum HeaderError {
    /// The file cannot be read.
    #[error("cannot read the volume header")]
    Io(#[source] io::Error),
    /// The file is not a header.
    #[error("the volume header is damaged")]
    Damaged(#[source] serde_json::Error),
    /// A newer release of the platform wrote the header.
    #[error("the volume header has format {found}; this release supports {HEADER_FORMAT}")]
    NewerFormat {
        /// The format of the header.
        found: u32,
    },
}

#[derive(Deserialize)]
struct Versioned {
    v: u32,
}

impl Volume {
    /// Returns the path of the header.
    pub(crate) fn header_path(&self) -> PathBuf {
        self.folder.join(".waxrun-volume.json")
    }

    /// Reads the header; `None` on a volume that no store has used.
    ///
    /// # Errors
    /// Refuses a damaged or newer header.
    pub fn header(&self) -> Result<Option<VolumeHeader>, HeaderError> {
        let text = match fs::read(self.header_path()) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(HeaderError::Io(error)),
        };
        let Versioned { v } = serde_json::from_slice(&text).map_err(HeaderError::Damaged)?;
        if v > HEADER_FORMAT {
            return Err(HeaderError::NewerFormat { found: v });
        }
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(HeaderError::Damaged)
    }

    /// Writes the numbers into the header. A crash leaves the old header or the new one.
    ///
    /// The caller has checked that the header contains no higher numbers.
    pub(crate) fn write_header(
        &self,
        disk: &mut Disk<'_>,
        store: &StoreId,
        change_number: u64,
        start: u64,
    ) -> Result<(), DiskError> {
        let header = VolumeHeader {
            v: HEADER_FORMAT,
            store: store.clone(),
            claim: self.claim.clone(),
            change_number,
            start,
        };
        if self.header().ok().flatten().as_ref() == Some(&header) {
            return Ok(());
        }
        let text = serde_json::to_vec(&header).expect("a header has only texts and numbers");
        disk.replace(&self.header_path(), &text)
    }
}
