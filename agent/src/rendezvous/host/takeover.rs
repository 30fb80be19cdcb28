//! A new container of process 0 takes over from the host whose container died.

use super::{
    Host,
    member_state::{CurrentRound, MemberState},
};
use crate::rendezvous::{host_record::HostRecord, round::Round};

impl Host {
    /// Takes over from the previous host in this pod. Its last round is void.
    #[must_use]
    pub fn after(mut self, record: HostRecord) -> Self {
        self.earlier = record.hosts;
        self.current = record.round.map(|round| CurrentRound {
            void: true,
            members: vec![MemberState::default(); round.attempts.len()],
            round,
        });
        self
    }

    /// Returns the record for the next host in this pod.
    #[must_use]
    pub fn record(&self) -> HostRecord {
        HostRecord {
            hosts: self.engines().hosts(),
            round: self.round().cloned(),
        }
    }

    /// Returns the last round that this host opened or took over.
    #[must_use]
    pub fn round(&self) -> Option<&Round> {
        self.current.as_ref().map(|current| &current.round)
    }
}
