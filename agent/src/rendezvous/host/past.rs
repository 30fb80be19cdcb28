//! What engines of earlier rounds may be left, and what the next host has to know of them.

use super::seat::{Given, Known, Seat};
use crate::rendezvous::{member::forget, memory::Gone, patience::Patience, round::Nonce};

/// What a host knows of engines that may be left.
pub(super) struct Engines<'a> {
    pub(super) id: &'a Nonce,
    /// Hosts that were in this pod before.
    pub(super) earlier: &'a [Nonce],
    pub(super) patience: Patience,
    /// Who waits for a round, by process.
    pub(super) seats: &'a [Option<Seat>],
    pub(super) given: Option<&'a Given>,
}

impl Engines<'_> {
    /// Whether every engine of the round before has ended, or cannot get into a new one's way.
    pub(super) fn are_past_over(&self) -> bool {
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
        let mut hosts = self.earlier.to_vec();
        hosts.push(self.id.clone());
        forget(&mut hosts);
        hosts
    }

    /// The attempts of the given round whose engines may be left.
    fn left(&self) -> impl Iterator<Item = (u32, Nonce)> {
        let Patience { lease, margin, .. } = self.patience;
        let over = move |member: &Known| member.over || member.unconfirmed > lease + margin;
        self.given.into_iter().flat_map(move |given| {
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
        host == self.id
            || self.earlier.contains(host)
            || gone.any(|gone| gone.hosts.contains(host) && gone.left.iter().all(ended))
    }
}
