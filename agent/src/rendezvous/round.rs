//! Rounds, and the gang whose processes start in them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The properties that all processes of one start share.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Gang {
    /// The revision of code and settings.
    pub revision: String,
    /// The number of processes.
    pub processes: u32,
    /// The start number.
    pub start: i64,
}

/// A random name: of one attempt of one process to start, or of one host.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Nonce(String);

/// One common start of all engines.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Round {
    /// Counts the rounds of a start, for people.
    pub number: u32,
    /// The attempt of each process that takes part, by process.
    #[serde(rename = "nonces")]
    pub attempts: Vec<Nonce>,
    /// With recovery: the execution and epoch at which all engines resume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beginning: Option<Beginning>,
}

/// The execution and epoch at which the engines of a round resume.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Beginning {
    /// The number of the next execution.
    pub execution: u64,
    /// The epoch from which it resumes.
    pub epoch: u64,
}

impl Nonce {
    /// Makes a name of a random word.
    #[must_use]
    pub fn new(word: impl Into<String>) -> Self {
        Self(word.into())
    }
}

impl Round {
    /// Returns the name of the round: the attempt of process 0. Each attempt is made at one host, so it is
    /// in one round at most.
    #[must_use]
    pub fn id(&self) -> &Nonce {
        &self.attempts[0]
    }

    /// Returns true if an attempt of a process takes part in the round.
    #[must_use]
    pub fn has(&self, process: u32, attempt: &Nonce) -> bool {
        self.attempts.get(process as usize) == Some(attempt)
    }
}

impl fmt::Display for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Gang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            revision,
            processes,
            start,
        } = self;
        write!(
            f,
            "revision {revision}, start {start}, {processes} processes"
        )
    }
}
