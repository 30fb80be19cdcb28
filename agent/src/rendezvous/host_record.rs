//! The records that a host leaves to its successor and to the members.

use serde::{Deserialize, Serialize};

use super::round::{Nonce, Round};

/// What the next host in the same pod must know of one whose container died.
///
/// Order: a host writes this record before it answers. So the record holds every round that any member
/// can have heard of.
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct HostRecord {
    /// The host and its predecessors in the pod, as far as they are remembered.
    pub hosts: Vec<Nonce>,
    /// The last round that any of them opened.
    pub round: Option<Round>,
}

/// The farewell of a host that shuts down. Its own engine has ended, and it opens no more rounds.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct HostShutdown {
    /// The host and its predecessors in the pod.
    pub hosts: Vec<Nonce>,
    /// Attempts of its last round whose engines may still run, each with its process.
    pub left: Vec<(u32, Nonce)>,
}
