//! The stages of a member, and the commands that it gives its owner.

use super::{
    message::Missing,
    round::{Nonce, Round},
};

/// The stage of a member.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Stage {
    /// The member waits for a round.
    Offering {
        /// What the round still needs, or why the host cannot be asked.
        missing: Result<Missing, String>,
    },
    /// The member takes part in a round.
    InRound {
        /// The round.
        round: Round,
        /// Whether its engine is connected to all others.
        connected: bool,
    },
    /// The partitions of all processes are no set to resume from.
    Refused {
        /// The reason.
        why: String,
    },
    /// The engine reached the end of all input.
    Ended {
        /// The round in which it did.
        round: Nonce,
        /// Whether all other engines did, too.
        all: bool,
        /// The processes that did not yet, or why the host cannot be asked.
        missing: Result<Missing, String>,
    },
}

/// What `launch` must do next.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Command {
    /// Start the engine, unless [`Member::may_start`](super::Member::may_start) is false by then.
    Start,
    /// Stop the engine if it runs, for the given reason, and offer again.
    EndEngine(&'static str),
    /// Exit with the reason in [`Stage::Refused`].
    Refuse,
    /// Report that all processes have reached the end of all input.
    AllEnded,
    /// Take the end back: another process has not reached it, and offers again.
    Reopened,
}

impl Stage {
    /// Returns the first stage of an attempt.
    pub(super) fn offering() -> Self {
        Self::Offering {
            missing: Err(String::new()),
        }
    }
}
