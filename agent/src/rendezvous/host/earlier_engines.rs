//! Tracks engines of earlier rounds that may still run, and hands that list to the next host.
//!
//! A new round must not start beside such an engine, since the two could connect. An engine of this host's
//! last round is past if its member reported so, or if the host has not confirmed the round to it for
//! `lease + margin`. An engine of another host's round is past if that host shut down and named the engines
//! it left, and the members report those as ended. Otherwise the host waits for [`Timeouts::hold`].

use super::member_state::{CurrentRound, MemberState, WaitingMember};
use crate::rendezvous::{
    host_record::HostShutdown, member::forget, round::Nonce, timeouts::Timeouts,
};

/// The host's knowledge of engines that may still run.
pub(super) struct EarlierEngines<'a> {
    pub(super) host_id: &'a Nonce,
    /// Hosts that were in this pod before.
    pub(super) earlier: &'a [Nonce],
    pub(super) timeouts: Timeouts,
    /// The members that wait for a round, by process.
    pub(super) waiting: &'a [Option<WaitingMember>],
    pub(super) current: Option<&'a CurrentRound>,
}

impl EarlierEngines<'_> {
    /// Returns true if every engine of an earlier round has ended, or cannot connect to one of a new round.
    pub(super) fn are_past(&self) -> bool {
        let waiting = || self.waiting.iter().flatten();
        let mut hosts = waiting().flat_map(|member| &member.history.hosts);
        let held = || waiting().all(|member| member.waited > self.timeouts.hold());
        self.left().next().is_none() && (hosts.all(|host| self.is_accounted_for(host)) || held())
    }

    /// Returns what members are told when this host shuts down.
    pub(super) fn shutdown(&self) -> HostShutdown {
        HostShutdown {
            hosts: self.hosts(),
            left: self.left().collect(),
        }
    }

    /// Returns this host and its predecessors in this pod.
    pub(super) fn hosts(&self) -> Vec<Nonce> {
        let mut hosts = self.earlier.to_vec();
        hosts.push(self.host_id.clone());
        forget(&mut hosts);
        hosts
    }

    /// Returns the attempts of the current round whose engines may still run.
    fn left(&self) -> impl Iterator<Item = (u32, Nonce)> {
        let Timeouts { lease, margin, .. } = self.timeouts;
        let past = move |member: &MemberState| {
            member.without_engine || member.unconfirmed > lease + margin
        };
        self.current.into_iter().flat_map(move |current| {
            (0..)
                .zip(current.round.attempts.iter().zip(&current.members))
                .filter(move |(_, (_, member))| !past(member))
                .map(|(process, (attempt, _))| (process, attempt.clone()))
        })
    }

    /// Returns true if no engine of another host's rounds can run: that host shut down, and the waiting
    /// members are those whose engines it may have left.
    fn is_accounted_for(&self, host: &Nonce) -> bool {
        let waiting = || self.waiting.iter().flatten();
        let ended = |(process, attempt): &(u32, Nonce)| {
            waiting()
                .nth(*process as usize)
                .is_some_and(|member| member.history.earlier.contains(attempt))
        };
        let mut shutdowns = waiting().flat_map(|member| &member.history.shutdowns);
        host == self.host_id
            || self.earlier.contains(host)
            || shutdowns.any(|gone| gone.hosts.contains(host) && gone.left.iter().all(ended))
    }
}
