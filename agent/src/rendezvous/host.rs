//! The host, which process 0 serves: collects offers and opens rounds.
//!
//! The host keeps two lists. A process may be in both: with its attempt of the current round, and with a newer
//! attempt that waits for the next round.
//!
//! | state of a member | stored as | begins when | ends when |
//! |---|---|---|---|
//! | unknown | nothing | the host starts | the member offers |
//! | waiting | [`WaitingMember`] | it offers to this host by name | a round opens; it leaves or is silent |
//! | in the round | [`MemberState`] | a round opens with its attempt | the next round opens |
//! | without an engine | `MemberState::without_engine` | it leaves, reports the end of its input, or lists this attempt as terminated | the next round opens |
//! | foreign | [`ForeignMember`] | it asks, but belongs to another gang | it is silent |
//!
//! A round opens when all members wait and no engine of an earlier round can run (`earlier_engines`). It is
//! void as soon as one of its members leaves or offers again. With recovery the partitions of all members
//! must be one set; otherwise all offers are refused.

use std::time::Duration;

use store::partition::PartitionFacts;

use super::{
    message::{AttemptHistory, Message, Request},
    round::{Beginning, Gang, Nonce, Round},
    store_identity::{PartitionOffer, StoreIdentity, agree_on},
    timeouts::Timeouts,
};

mod answers;
mod earlier_engines;
mod member_state;
mod takeover;

use earlier_engines::EarlierEngines;
use member_state::{CurrentRound, MemberState, WaitingMember};

/// The host of one gang's rendezvous.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Host {
    host_id: Nonce,
    /// Hosts that were in this pod before.
    earlier: Vec<Nonce>,
    gang: Gang,
    timeouts: Timeouts,
    /// With recovery: the store that all partitions must belong to.
    store: Option<StoreIdentity>,
    /// Why the waiting members cannot start.
    refused: Option<String>,
    /// The members that wait for a round, by process.
    waiting: Vec<Option<WaitingMember>>,
    current: Option<CurrentRound>,
    /// The round in which each process reports to have reached the end, by process.
    ends: Vec<Option<Nonce>>,
    foreign: Vec<ForeignMember>,
    closing: bool,
}

/// What waiting members must hear at once when it changes; see [`Host::news`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct News {
    round: Option<(u32, bool)>,
    offers: usize,
    ended: bool,
    closing: bool,
    refused: bool,
}

/// A process that belongs to another gang and has asked this host.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct ForeignMember {
    process: u32,
    gang: Gang,
    silent: Duration,
}

/// The most foreign members that the host remembers. They appear in messages only.
const MAX_FOREIGN: usize = 16;

impl Host {
    /// Makes a host that knows no members.
    #[must_use]
    pub fn new(
        host_id: Nonce,
        gang: Gang,
        timeouts: Timeouts,
        store: Option<StoreIdentity>,
    ) -> Self {
        let size = gang.processes as usize;
        Self {
            host_id,
            earlier: Vec::new(),
            gang,
            timeouts,
            store,
            refused: None,
            waiting: vec![None; size],
            current: None,
            ends: vec![None; size],
            foreign: Vec::new(),
            closing: false,
        }
    }

    /// Advances the host's clock.
    pub fn pass(&mut self, elapsed: Duration) {
        let Timeouts { silence, .. } = self.timeouts;
        let hold = self.timeouts.hold();
        // Times stop where a longer one makes no difference.
        let age =
            |time: &mut Duration| *time = (*time + elapsed).min(hold + Duration::from_millis(1));
        for place in &mut self.waiting {
            if let Some(member) = place {
                age(&mut member.waited);
                age(&mut member.silent);
                if member.silent > silence {
                    *place = None;
                }
            }
        }
        for member in self
            .current
            .iter_mut()
            .flat_map(|current| &mut current.members)
        {
            age(&mut member.silent);
            age(&mut member.unconfirmed);
        }
        for member in &mut self.foreign {
            age(&mut member.silent);
        }
        self.foreign.retain(|member| member.silent <= silence);
        self.open_round();
    }

    /// Processes a member's request. [`Host::answer`] gives the answer, now or a little later.
    pub fn on_request(&mut self, request: &Request) {
        let Request {
            gang,
            process,
            attempt,
            message,
        } = request;
        let index = *process as usize;
        if *gang != self.gang || index >= self.waiting.len() {
            self.foreign.retain(|known| known.process != *process);
            if self.foreign.len() < MAX_FOREIGN {
                self.foreign.push(ForeignMember {
                    process: *process,
                    gang: gang.clone(),
                    silent: Duration::ZERO,
                });
            }
            return;
        }
        if self.closing {
            return;
        }
        if let Some(current) = &mut self.current
            && current.round.has(*process, attempt)
        {
            current.members[index].silent = Duration::ZERO;
        }
        match message {
            Message::Offer(host, history, partitions) if host.as_ref() == Some(&self.host_id) => {
                self.offer(index, attempt, history, partitions);
            }
            Message::Offer(..) => {}
            Message::Ask => {}
            Message::Ended { round } => {
                self.ends[index] = Some(round.clone());
                self.mark_without_engine(index, attempt);
            }
            Message::Leave => {
                self.mark_without_engine(index, attempt);
                if let Some(current) = &mut self.current
                    && current.round.has(*process, attempt)
                {
                    current.void = true;
                }
                self.on_disconnect(*process, attempt);
            }
        }
        self.open_round();
    }

    /// Returns what members that wait for an answer must hear at once when it changes.
    #[must_use]
    pub fn news(&self) -> News {
        let all_ended = self
            .ends
            .iter()
            .all(|end| end.is_some() && *end == self.ends[0]);
        News {
            round: self
                .current
                .as_ref()
                .map(|current| (current.round.number, current.void)),
            offers: self.waiting.iter().flatten().count(),
            ended: all_ended,
            closing: self.closing,
            refused: self.refused.is_some(),
        }
    }

    /// Forgets a waiting member whose connection is gone.
    pub fn on_disconnect(&mut self, process: u32, attempt: &Nonce) {
        if let Some(place) = self.waiting.get_mut(process as usize)
            && place
                .as_ref()
                .is_some_and(|member| member.attempt == *attempt)
        {
            *place = None;
        }
    }

    /// Opens no more rounds: process 0 shuts down, and its engine has ended, as its farewell says.
    pub fn close(&mut self, farewell: &Request) {
        self.on_request(farewell);
        self.closing = true;
    }

    fn offer(
        &mut self,
        index: usize,
        attempt: &Nonce,
        history: &AttemptHistory,
        partitions: &PartitionOffer,
    ) {
        if let Some(current) = &mut self.current {
            let member = &current.round.attempts[index];
            if member == attempt {
                return;
            }
            current.void = true;
            current.members[index].without_engine |= history.earlier.contains(member);
        }
        self.ends[index] = None;
        match &mut self.waiting[index] {
            Some(member) if member.attempt == *attempt => {
                member.silent = Duration::ZERO;
                member.history.clone_from(history);
            }
            // Race: a request of an earlier attempt may arrive late.
            Some(member) if member.history.earlier.contains(attempt) => {}
            place => {
                self.refused = None;
                *place = Some(WaitingMember {
                    attempt: attempt.clone(),
                    history: history.clone(),
                    partitions: partitions.clone(),
                    waited: Duration::ZERO,
                    silent: Duration::ZERO,
                });
            }
        }
    }

    fn mark_without_engine(&mut self, index: usize, attempt: &Nonce) {
        if let Some(current) = &mut self.current
            && current.round.attempts[index] == *attempt
        {
            current.members[index].without_engine = true;
        }
    }

    fn engines(&self) -> EarlierEngines<'_> {
        EarlierEngines {
            host_id: &self.host_id,
            earlier: &self.earlier,
            timeouts: self.timeouts,
            waiting: &self.waiting,
            current: self.current.as_ref(),
        }
    }

    /// Opens a round if all members wait and no engine of an earlier round can run.
    fn open_round(&mut self) {
        if self.closing || self.waiting.iter().any(Option::is_none) || !self.engines().are_past() {
            return;
        }
        let beginning = match self.agree() {
            Ok(beginning) => beginning,
            Err(why) => {
                self.refused = Some(why);
                return;
            }
        };
        let members: Vec<WaitingMember> =
            self.waiting.iter_mut().filter_map(Option::take).collect();
        let known = members.iter().map(|member| member.history.number);
        let own = self
            .current
            .as_ref()
            .map_or(0, |current| current.round.number);
        let state = |member: &WaitingMember| MemberState {
            silent: member.silent,
            ..MemberState::default()
        };
        self.current = Some(CurrentRound {
            void: false,
            members: members.iter().map(state).collect(),
            round: Round {
                number: known.fold(own, u32::max).saturating_add(1),
                attempts: members.into_iter().map(|member| member.attempt).collect(),
                beginning,
            },
        });
    }

    /// With recovery, computes where all engines resume, from the partitions of all members.
    fn agree(&self) -> Result<Option<Beginning>, String> {
        let Some(store) = &self.store else {
            return Ok(None);
        };
        let offers = self
            .waiting
            .iter()
            .flatten()
            .map(|member| &member.partitions);
        let facts: Vec<PartitionFacts> = offers.flat_map(|offer| offer.0.clone()).collect();
        agree_on(store, &facts).map(Some)
    }
}
