//! What is wrong with a store, told by file, volume and remedy.

use std::{error::Error, fmt, path::PathBuf};

use serde::{Deserialize, Serialize};
use thiserror::Error as ThisError;

use crate::{
    cut::CutFault,
    disk::{DiskError, failed},
    fence::FenceError,
    identity::ClaimUid,
    orders::OrdersError,
    partition::PartitionError,
    resume::ResumeFault,
    volume::Volume,
};

/// Something on a volume that does not fit the orders.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Fault {
    /// Which kind of fault it is.
    pub kind: FaultKind,
    /// The volume's ordinal.
    pub volume: u32,
    /// The volume's claim.
    pub claim: ClaimUid,
    /// The file; none when it is about the volume as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// What is wrong, and what to do.
    pub sentence: String,
}

/// The kinds of faults.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum FaultKind {
    /// A partition that should lie here does not.
    Missing,
    /// A partition that lies here twice.
    Duplicate,
    /// Something that belongs to another store or on another volume.
    Foreign,
    /// The orders are older than what the volume has seen, or the volume is an old copy.
    Stale,
    /// A partition of a timeline that was left.
    WrongTimeline,
    /// Written by a newer platform.
    NewerFormat,
    /// Damaged.
    Unreadable,
    /// Written by another engine version.
    OtherEngine,
    /// A `-wal` or `-journal` without the file it belongs to.
    Leftover,
    /// A file the engine would open that is no partition of the store.
    Stray,
    /// A store job began and did not end.
    Unfinished,
}

/// Why nothing was done.
#[derive(Debug, ThisError)]
pub enum Refusal {
    /// The orders contradict themselves.
    #[error("the orders can't be followed: {}", joined(.0))]
    Orders(Vec<OrdersError>),
    /// Someone else is on the volume.
    #[error("volume {ordinal} (claim {claim}): {lock}; end it first")]
    Busy {
        /// The volume's ordinal.
        ordinal: u32,
        /// Its claim.
        claim: ClaimUid,
        /// Which lock it is.
        #[source]
        lock: FenceError,
    },
    /// What lies there does not fit the orders.
    #[error("{}", joined(.0))]
    Faults(Vec<Fault>),
    /// The partitions are no set to resume from.
    #[error("the store can't be resumed: {}", joined(.0))]
    Resume(Vec<ResumeFault>),
    /// The copies can't be cut back to one moment.
    #[error("there is no consistent cut: {}", joined(.0))]
    Cut(Vec<CutFault>),
    /// A file operation failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// A partition can't be read or changed now, which may be no fault of its own.
    #[error("can't work on {path}")]
    Partition {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        #[source]
        source: PartitionError,
    },
}

impl Refusal {
    /// Whether only someone else on the volume is in the way, so that waiting may help.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Busy { .. })
    }

    /// Whether the store or the orders are wrong, so that trying again can't help.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        matches!(
            self,
            Self::Orders(_) | Self::Faults(_) | Self::Resume(_) | Self::Cut(_)
        )
    }

    /// Whether the volume has no room left, so that nothing is wrong with what lies there.
    #[must_use]
    pub fn is_full(&self) -> bool {
        match self {
            Self::Disk(error) => error.is_full(),
            Self::Partition { source, .. } => source.is_full(),
            Self::Orders(_)
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
    /// Names a file of a volume. `sentence` says what is wrong and, after a semicolon, the remedy.
    pub(crate) fn file(volume: &Volume, kind: FaultKind, file: &str, sentence: String) -> Self {
        Self {
            file: Some(file.to_owned()),
            ..Self::volume(volume, kind, sentence)
        }
    }

    /// Names a volume.
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
        write!(f, "volume {volume} (claim {claim}): {sentence}")
    }
}

impl Error for Fault {}

fn joined(faults: &[impl fmt::Display]) -> String {
    let sentences: Vec<_> = faults.iter().map(ToString::to_string).collect();
    sentences.join("; also ")
}
