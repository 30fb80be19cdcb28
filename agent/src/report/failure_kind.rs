//! Kinds of failures, as reports name them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of a failure.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum FailureKind {
    /// The user's code raised an exception while the dataflow ran.
    UserError,
    /// The user's file could not be loaded: not there, a syntax error, or it raised.
    ImportError,
    /// The file was loaded, but contains no dataflow of the given name.
    NotADataflow,
    /// Settings or arguments are wrong.
    UsageError,
    /// The process ended only because another one of the same dataflow did.
    PeerLost,
    /// The engine failed, or the process was killed.
    EngineError,
    /// The image contains no Python with Bytewax.
    NoPython,
    /// The content of a recovery volume does not fit its specification, or that contradicts itself.
    StoreRefused,
    /// Another process has locked a recovery volume.
    StoreBusy,
    /// A recovery volume is full.
    DiskFull,
}

impl FailureKind {
    /// Returns the name in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserError => "UserError",
            Self::ImportError => "ImportError",
            Self::NotADataflow => "NotADataflow",
            Self::UsageError => "UsageError",
            Self::PeerLost => "PeerLost",
            Self::EngineError => "EngineError",
            Self::NoPython => "NoPython",
            Self::StoreRefused => "StoreRefused",
            Self::StoreBusy => "StoreBusy",
            Self::DiskFull => "DiskFull",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
