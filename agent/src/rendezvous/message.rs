//! What members and the host say to each other.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{
    memory::Gone,
    round::{Gang, Nonce, Round},
    terms::Stock,
};

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
