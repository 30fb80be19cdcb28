//! Members as the host sees them: those that wait for a round, and those of the current round.

use std::time::Duration;

use crate::rendezvous::{
    message::AttemptHistory,
    round::{Nonce, Round},
    store_identity::PartitionOffer,
};

/// A member that waits for a round.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct WaitingMember {
    pub(super) attempt: Nonce,
    pub(super) history: AttemptHistory,
    pub(super) partitions: PartitionOffer,
    /// The time since its first offer.
    pub(super) waited: Duration,
    /// The time since its last request.
    pub(super) silent: Duration,
}

/// The last round that the host opened.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct CurrentRound {
    pub(super) round: Round,
    /// A member has left it; its engines must end.
    pub(super) void: bool,
    pub(super) members: Vec<MemberState>,
}

/// A member of the current round.
#[derive(Clone, Debug, Default, Eq, Hash, PartialEq)]
pub(super) struct MemberState {
    /// The time since its last request.
    pub(super) silent: Duration,
    /// The time since the host last let it run.
    pub(super) unconfirmed: Duration,
    /// Its engine has terminated, or will never start.
    pub(super) without_engine: bool,
}
