//! How the processes of a gang start their engines together, and never in a mixture of two starts.
//!
//! The engine knows no rounds: a process that starts anew beside others that outlived it waits for
//! ever, and two that start at different moments may connect to each other. So every `launch` first
//! offers to start at process 0's `launch`, the [`Host`], and starts its engine only in a *round*,
//! which the host gives when all processes wait there at once. It goes on asking whether its round
//! still holds. A positive no ends its engine, and it offers again; silence ends only an engine that
//! is not connected to all others yet (see [`Patience`]), since one that is cannot get into another
//! round's connections any more.
//!
//! Both sides are state machines without a clock: time passes by being told.

use std::{
    fmt,
    hash::{Hash, Hasher},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use store::{
    identity::{StoreId, Timeline},
    partition::PartitionFacts,
};

pub use host::{Host, News, agree_on};
pub use member::{Member, Order, Stage};
pub use memory::{Gone, Memory};

mod host;
mod member;
mod memory;
#[cfg(test)]
mod model;
pub mod wire;

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

/// The store of a gang with recovery, as all processes must know it.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Terms {
    /// Its identity.
    pub store: StoreId,
    /// The timeline that holds.
    pub timeline: Timeline,
    /// How many partitions it has.
    pub partitions: u32,
}

/// What the partitions of one process say.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Stock(pub Vec<PartitionFacts>);

impl Hash for Stock {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for facts in &self.0 {
            facts.index.hash(state);
        }
    }
}

/// How long silence is borne.
///
/// An engine that is not connected yet must be gone by the time the host may believe it gone.
/// A member counts from when it asked, the host from when it answered, which is later.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Patience {
    /// How long a member that has gone silent still counts as waiting, or as being there.
    pub silence: Duration,
    /// How long an answer lets an engine run that is not connected to all others.
    pub lease: Duration,
    /// What the host adds, for the time it takes to end an engine.
    pub margin: Duration,
}

/// What a member says to the host.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Request {
    /// Of which gang it is.
    pub gang: Gang,
    /// Its index.
    pub process: u32,
    /// Its present attempt.
    pub nonce: Nonce,
    /// What it wants.
    pub say: Say,
}

/// What a member wants.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Say {
    /// It has no engine and waits for a round of this host; of no host if it knows none yet. With
    /// recovery it shows what it has.
    Offer(Option<Nonce>, Past, Stock),
    /// It has been given a round: does that still hold?
    Ask,
    /// Its engine came to the end of all input in this round.
    Ended {
        /// The round's [`Round::id`].
        round: Nonce,
    },
    /// It is going, and its engine has ended.
    Leave,
}

/// What a member knows of its pod's earlier attempts, and tells the host.
///
/// Names of pods may lead to a host of old that lives on unknown to the cluster, so a host cannot
/// know all rounds. What it is told here must account for every engine it does not know. That
/// suffices as long as the pods that live on so are all of one process, and pods of no other process
/// are replaced meanwhile: a pod that is new tells nothing of what the one before it knew.
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Past {
    /// Attempts whose engines are known to have ended, the newest ones.
    pub earlier: Vec<Nonce>,
    /// The host of the last round, and all to which it has offered since.
    pub hosts: Vec<Nonce>,
    /// What those of them left that said that they go.
    pub over: Vec<Gone>,
    /// The highest number of a round that it knows of.
    pub number: u32,
}

/// What the host answers.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// An offer counts only at the host it names; this one is called so.
    Host(Nonce),
    /// Not yet.
    Wait(Lack),
    /// All start now.
    Round(Round),
    /// The partitions of all are no set to resume from.
    Refused(String),
    /// The round holds.
    Holds,
    /// The round is not known to have ended, but some members are silent.
    Unsure,
    /// The round does not hold any more, or never was one here.
    Void,
    /// All members of the round have come to the end of all input.
    AllEnded,
    /// The host is going, and its engine has ended.
    Over(Gone),
    /// The host is of another gang than who asked.
    Different(Gang),
}

/// What a round still lacks.
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Lack {
    /// Processes that are not there.
    pub missing: Vec<u32>,
    /// Processes that are of another gang.
    pub different: Vec<(u32, Gang)>,
    /// All are there, but an engine of an earlier round may still run.
    pub held: bool,
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

impl Patience {
    /// What pods use. A node that is very busy is no reason to end engines that form; a longer lease
    /// costs time only after a pod that was lost without a word.
    pub const USUAL: Self = Self {
        silence: Duration::from_secs(5),
        lease: Duration::from_secs(10),
        margin: Duration::from_secs(2),
    };

    /// After this time no engine of a round lives unconnected whose host has gone unheard of.
    ///
    /// The host itself may go on for `silence` before it misses a member that has left it.
    #[must_use]
    pub fn hold(self) -> Duration {
        self.silence + self.lease + self.margin
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

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.held {
            return f.write_str("waits until no engine of an earlier round can be left");
        }
        let mut parts = Vec::new();
        if let Some((last, rest)) = self.missing.split_last() {
            let word = if rest.is_empty() {
                "process"
            } else {
                "processes"
            };
            let mut text = format!("waits for {word} ");
            for process in rest {
                text.push_str(&format!("{process}, "));
            }
            if !rest.is_empty() {
                text.truncate(text.len() - 2);
                text.push_str(" and ");
            }
            parts.push(format!("{text}{last}"));
        }
        for (process, gang) in &self.different {
            parts.push(format!("process {process} is of {gang}"));
        }
        f.write_str(&parts.join("; "))
    }
}
