//! The times of the rendezvous.

use std::time::Duration;

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
