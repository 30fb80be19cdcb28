//! Rounds, and who starts in them.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What all processes that may start together have in common.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Gang {
    /// The revision of code and settings.
    pub revision: String,
    /// How many processes there are.
    pub processes: u32,
    /// The start number.
    pub start: i64,
}

/// A random word: one attempt of one process to start, or one host.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(transparent)]
pub struct Nonce(String);

/// A start of all engines.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Round {
    /// Counts the rounds of a start, for people.
    pub number: u32,
    /// Whose attempts it is made of, by process.
    pub nonces: Vec<Nonce>,
    /// Where all begin, with recovery.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beginning: Option<Beginning>,
}

/// Where the engines of a round begin.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Beginning {
    /// The number of the next execution.
    pub execution: u64,
    /// The epoch it resumes from.
    pub epoch: u64,
}

impl Nonce {
    /// Makes one of a random word.
    #[must_use]
    pub fn new(word: impl Into<String>) -> Self {
        Self(word.into())
    }
}

impl Round {
    /// Names the round: process 0's attempt, which like every attempt is in one round at most, since
    /// it is made at one host.
    #[must_use]
    pub fn id(&self) -> &Nonce {
        &self.nonces[0]
    }

    /// Whether an attempt is part of it.
    #[must_use]
    pub fn has(&self, process: u32, nonce: &Nonce) -> bool {
        self.nonces.get(process as usize) == Some(nonce)
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
