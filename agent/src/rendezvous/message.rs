//! Messages between members and the host.
//!
//! Fields and variants keep their names on the wire where the names in Rust have changed since: a pod of an
//! older agent may still run somewhere, and must understand that it belongs to another start.

use serde::{Deserialize, Serialize};

use super::{
    host_record::HostShutdown,
    round::{Gang, Nonce, Round},
    store_identity::PartitionOffer,
};

/// A question of a member to the host.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Request {
    /// The gang of the member.
    pub gang: Gang,
    /// The process of the member.
    pub process: u32,
    /// The current attempt of the member.
    #[serde(rename = "nonce")]
    pub attempt: Nonce,
    /// What the member reports or asks.
    #[serde(rename = "say")]
    pub message: Message,
}

/// What a member reports or asks.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Message {
    /// The member has no engine and waits for a round of the named host, or names no host if it knows none
    /// yet. With recovery it reports its partitions.
    Offer(Option<Nonce>, AttemptHistory, PartitionOffer),
    /// The member is in a round and asks whether that still holds.
    Ask,
    /// The engine reached the end of all input in this round.
    Ended {
        /// The round's [`Round::id`].
        round: Nonce,
    },
    /// The member shuts down, and its engine has ended.
    Leave,
}

/// What a member knows about earlier attempts in its pod, and reports to the host.
///
/// A pod name may lead to an old host that runs on, unknown to the cluster. So a host cannot know all
/// rounds, and this history must account for every engine that the host does not know. It does as long as
/// all such old pods belong to one process and no pod of another process is replaced meanwhile: a new pod
/// does not know what its predecessor knew.
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct AttemptHistory {
    /// Attempts whose engines have ended, the newest ones.
    pub earlier: Vec<Nonce>,
    /// The host of the last round, and every host that got an offer since.
    pub hosts: Vec<Nonce>,
    /// The farewells of those hosts that shut down.
    #[serde(rename = "over")]
    pub shutdowns: Vec<HostShutdown>,
    /// The highest round number that the member knows.
    pub number: u32,
}

/// An answer of the host.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// The offer named no host or another host. This host has the given name.
    Host(Nonce),
    /// The round cannot start yet.
    Wait(Missing),
    /// All engines start now, in this round.
    Round(Round),
    /// The partitions of all processes are no set to resume from.
    Refused(String),
    /// The round holds.
    Holds,
    /// The round is not known to have ended, but some members are silent.
    Unsure,
    /// The round does not hold any more, or this host never opened it.
    Void,
    /// All members of the round have reached the end of all input.
    AllEnded,
    /// The host shuts down, and its engine has ended.
    Over(HostShutdown),
    /// The host belongs to another gang than the member.
    Different(Gang),
}

/// What a round still needs before it can start or end.
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Missing {
    /// Processes that are not present.
    #[serde(rename = "missing")]
    pub absent: Vec<u32>,
    /// Processes that belong to another gang.
    #[serde(rename = "different")]
    pub foreign: Vec<(u32, Gang)>,
    /// All processes are present, but an engine of an earlier round may still run.
    #[serde(rename = "held")]
    pub earlier_engines: bool,
}

impl Missing {
    /// Describes what the processes wait for until they can do `what`, such as "to start".
    #[must_use]
    pub fn describe(&self, what: &str) -> String {
        if self.earlier_engines {
            return "waiting until no engine of an earlier round can run".to_owned();
        }
        let mut parts = Vec::new();
        if let Some((last, rest)) = self.absent.split_last() {
            let rest: Vec<String> = rest.iter().map(ToString::to_string).collect();
            let processes = match rest.is_empty() {
                true => format!("process {last}"),
                false => format!("processes {} and {last}", rest.join(", ")),
            };
            parts.push(format!("waiting for {processes} {what}"));
        }
        for (process, gang) in &self.foreign {
            parts.push(format!("process {process} belongs to {gang}"));
        }
        if parts.is_empty() {
            parts.push(format!("waiting for the other processes {what}"));
        }
        parts.join("; ")
    }
}
