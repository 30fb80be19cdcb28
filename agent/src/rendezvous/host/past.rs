//! What engines of earlier rounds may be left, and what the next host has to know of them.

use super::{Given, Host, Known};
use crate::rendezvous::{
    member::forget,
    memory::{Gone, Memory},
    patience::Patience,
    round::{Nonce, Round},
};

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
            hosts: self.hosts(),
            round: self.given.as_ref().map(|given| given.round.clone()),
        }
    }

    /// The last round it gave.
    #[must_use]
    pub fn round(&self) -> Option<&Round> {
        self.given.as_ref().map(|given| &given.round)
    }

    /// Whether every engine of the round before has ended, or cannot get into a new one's way.
    pub(super) fn is_past_over(&self) -> bool {
        let seats = || self.seats.iter().flatten();
        let mut hosts = seats().flat_map(|seat| &seat.past.hosts);
        let held = || seats().all(|seat| seat.waited > self.patience.hold());
        self.left().next().is_none() && (hosts.all(|host| self.is_accounted_for(host)) || held())
    }

    /// What a member is told when this host goes.
    pub(super) fn gone(&self) -> Gone {
        Gone {
            hosts: self.hosts(),
            left: self.left().collect(),
        }
    }

    /// This host and those before it in this pod.
    pub(super) fn hosts(&self) -> Vec<Nonce> {
        let mut hosts = self.earlier.clone();
        hosts.push(self.id.clone());
        forget(&mut hosts);
        hosts
    }

    /// The attempts of the given round whose engines may be left.
    fn left(&self) -> impl Iterator<Item = (u32, Nonce)> {
        let Patience { lease, margin, .. } = self.patience;
        let over = move |member: &Known| member.over || member.unconfirmed > lease + margin;
        self.given.iter().flat_map(move |given| {
            (0..)
                .zip(given.round.nonces.iter().zip(&given.members))
                .filter(move |(_, (_, member))| !over(member))
                .map(|(process, (nonce, _))| (process, nonce.clone()))
        })
    }

    /// Whether no engine of another host's rounds can be left: it went, and those here are the ones
    /// that may have had one.
    fn is_accounted_for(&self, host: &Nonce) -> bool {
        let seats = || self.seats.iter().flatten();
        let ended = |(process, nonce): &(u32, Nonce)| {
            seats()
                .nth(*process as usize)
                .is_some_and(|seat| seat.past.earlier.contains(nonce))
        };
        let mut gone = seats().flat_map(|seat| &seat.past.over);
        *host == self.id
            || self.earlier.contains(host)
            || gone.any(|gone| gone.hosts.contains(host) && gone.left.iter().all(ended))
    }
}
