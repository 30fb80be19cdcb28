//! Timeouts of the rendezvous.

use std::time::Duration;

/// Timeouts of the rendezvous.
///
/// A member stops an unconnected engine before the host assumes that it is gone: the member counts from
/// its request, the host from its answer, which is later.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub struct Timeouts {
    /// How long a silent member still counts as waiting, or as present in its round.
    pub silence: Duration,
    /// How long an answer of the host lets an engine run that is not connected to all others.
    pub lease: Duration,
    /// What the host adds to the lease, for the time that a member takes to stop its engine.
    pub margin: Duration,
}

impl Timeouts {
    /// The timeouts of pods. An engine that still forms must survive a node that is very busy. A longer
    /// lease costs time only after a pod was lost without a message.
    pub const DEFAULT: Self = Self {
        silence: Duration::from_secs(5),
        lease: Duration::from_secs(10),
        margin: Duration::from_secs(2),
    };

    /// Returns the time after which no engine of a lost host's round runs unconnected.
    ///
    /// It includes `silence`: the lost host itself may confirm a round for that long before it notices
    /// that a member has moved to another host.
    #[must_use]
    pub fn hold(self) -> Duration {
        self.silence + self.lease + self.margin
    }
}
