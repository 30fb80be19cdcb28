//! From a host whose container has died to the next one in its pod.

use super::{
    Host,
    seat::{Given, Known},
};
use crate::rendezvous::{memory::Memory, round::Round};

impl Host {
    /// Takes over from the host before it in this pod, whose container has died.
    #[must_use]
    pub fn after(mut self, memory: Memory) -> Self {
        self.earlier = memory.hosts;
        self.given = memory.round.map(|round| Given {
            void: true,
            members: vec![Known::default(); round.nonces.len()],
            round,
        });
        self
    }

    /// What to keep for the next host in this pod.
    #[must_use]
    pub fn memory(&self) -> Memory {
        Memory {
            hosts: self.engines().hosts(),
            round: self.given.as_ref().map(|given| given.round.clone()),
        }
    }

    /// The last round it gave.
    #[must_use]
    pub fn round(&self) -> Option<&Round> {
        self.given.as_ref().map(|given| &given.round)
    }
}
