//! Defines faults of a store, each with file, volume and remedy, and the refusal that lists them.
//!
//! A [`Fault`] is one finding on a volume. A [`Refusal`] is the reason why an operation changed nothing.

use std::{error::Error, fmt, path::PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error as ThisError;

use crate::{
    cut::CutFault,
    disk::{DiskError, failed},
    fence::FenceError,
    identity::ClaimUid,
    partition::PartitionError,
    resume::ResumeFault,
    spec::SpecError,
    volume::Volume,
};

/// A difference between a volume and the spec.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// The kind of the fault.
    pub kind: FaultKind,
    /// The ordinal of the volume.
    pub volume: u32,
    /// The UID of the volume's PVC.
    pub claim: ClaimUid,
    /// The name of the file; `None` if the fault concerns the whole volume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The cause and, after a semicolon, the remedy.
    pub sentence: String,
}

/// The kinds of faults.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum FaultKind {
    /// A partition that belongs on this volume is missing.
    Missing,
    /// A partition is on this volume twice.
    Duplicate,
    /// A file or the volume belongs to another store, or a file belongs on another volume.
    Foreign,
    /// The spec is older than the volume.
    Stale,
    /// A partition belongs to another timeline than the current one.
    WrongTimeline,
    /// A newer release of the platform wrote the file.
    NewerFormat,
    /// The file is damaged.
    Unreadable,
    /// Another engine version wrote the file.
    OtherEngine,
    /// A `-wal` or `-journal` is there without the main file it belongs to.
    Leftover,
    /// The engine would open a file that is not a partition of the store.
    Stray,
    /// A store change began and did not complete.
    Unfinished,
}

/// The reason why an operation was refused or failed. The store is unchanged.
#[derive(Debug, ThisError)]
pub enum Refusal {
    /// The spec contradicts itself.
    #[error("the spec contradicts itself: {}", joined(.0))]
    Spec(Vec<SpecError>),
    /// Another process uses the volume.
    #[error("volume {ordinal} (PVC UID {claim}): {lock}; stop it first")]
    Busy {
        /// The ordinal of the volume.
        ordinal: u32,
        /// The UID of its PVC.
        claim: ClaimUid,
        /// The lock that is held.
        #[source]
        lock: FenceError,
    },
    /// The files on the volumes do not match the spec.
    #[error("{}", joined(.0))]
    Faults(Vec<Fault>),
    /// The gang cannot resume from the partitions.
    #[error("cannot resume the store: {}", joined(.0))]
    Resume(Vec<ResumeFault>),
    /// The copies cannot be cut back to one epoch.
    #[error("cannot restore the copies, there is no consistent cut: {}", joined(.0))]
    Cut(Vec<CutFault>),
    /// A file operation failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A partition cannot be read or changed now. The file itself may be intact.
    #[error("cannot read or change {path}")]
    Partition {
        /// The file.
        path: PathBuf,
        /// The error of SQLite.
        #[source]
        source: PartitionError,
    },
}

impl Refusal {
    /// Whether another process uses the volume, so that a later attempt may succeed.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }

    /// Whether the store or the spec is wrong, so that another attempt cannot succeed.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(
            self,
            Self::Spec(_) | Self::Faults(_) | Self::Resume(_) | Self::Cut(_)
        )
    }

    /// Whether the volume has no free space, so that its files may be intact.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Disk(error) => error.is_full(),
            Self::Partition { source, .. } => source.is_full(),
            Self::Spec(_)
            | Self::Busy { .. }
            | Self::Faults(_)
            | Self::Resume(_)
            | Self::Cut(_) => false,
        }
    }

    pub(crate) fn fence(volume: &Volume, error: FenceError) -> Self {
        match error {
            FenceError::Busy { .. } => Self::Busy {
                ordinal: volume.ordinal,
                claim: volume.claim.clone(),
                lock: error,
            },
            FenceError::Io { path, source } => Self::Disk(failed("lock", &path, source)),
        }
    }
}

impl Fault {
    /// Creates a fault of a file. `sentence` contains the cause and, after a semicolon, the remedy.
    pub(crate) fn file(volume: &Volume, kind: FaultKind, file: &str, sentence: String) -> Self {
        Self {
            file: Some(file.to_owned()),
            ..Self::volume(volume, kind, sentence)
        }
    }

    /// Creates a fault of a whole volume.
    pub(crate) fn volume(volume: &Volume, kind: FaultKind, sentence: String) -> Self {
        Self {
            kind,
            volume: volume.ordinal,
            claim: volume.claim.clone(),
            file: None,
            sentence,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file} on ")?;
        }
        let Self {
            volume,
            claim,
            sentence,
            ..
        } = self;
        write!(f, "volume {volume} (PVC UID {claim}): {sentence}")
    }
}

impl Error for Fault {}

fn joined(faults: &[impl fmt::Display]) -> String {
    let sentences: Vec<_> = faults.iter().map(ToString::to_string).collect();
    sentences.join("; also ")
}
