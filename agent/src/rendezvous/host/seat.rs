//! Who waits for a round, and who has been given one.

use std::time::Duration;

use crate::rendezvous::{
    message::Past,
    round::{Nonce, Round},
    terms::Stock,
};

/// A process that waits for a round.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Seat {
    pub(super) nonce: Nonce,
    pub(super) past: Past,
    pub(super) stock: Stock,
    pub(super) waited: Duration,
    pub(super) silent: Duration,
}

/// The last round that was given.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Given {
    pub(super) round: Round,
    pub(super) void: bool,
    pub(super) members: Vec<Known>,
}

/// What is known of a member of the given round.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct Known {
    pub(super) silent: Duration,
    /// Since it was last told that it may run.
    pub(super) unconfirmed: Duration,
    /// Its engine has ended, or will not be started.
    pub(super) over: bool,
}
