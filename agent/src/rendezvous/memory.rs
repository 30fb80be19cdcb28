//! What of a host outlives it.

use serde::{Deserialize, Serialize};

use super::round::{Nonce, Round};

/// What the next host in the same pod has to know of one whose container has died.
///
/// A host answers nobody before this is written down, so what is written down holds every round
/// that anybody can have heard of.
#[derive(Clone, Debug, Default, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Memory {
    /// The host, and those before it in its pod, the newest ones.
    pub hosts: Vec<Nonce>,
    /// The last round that any of them gave.
    pub round: Option<Round>,
}

/// A host that goes. Its own engine has ended, and it gives no more rounds.
#[derive(Clone, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub struct Gone {
    /// The host, and those before it in its pod.
    pub hosts: Vec<Nonce>,
    /// Attempts of its last round whose engines may be left, with their processes.
    pub left: Vec<(u32, Nonce)>,
}
