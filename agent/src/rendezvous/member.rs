//! A member of the rendezvous: offers, starts its engine in a round, and stops it when the round is over.
//!
//! Every process has one, process 0 beside its host. Its methods are grouped by caller below: the network
//! (requests and answers), the timer, and the engine.
//!
//! | stage | message | answer of the host | next stage | command |
//! |---|---|---|---|---|
//! | [`Offering`](Stage::Offering) | `Offer` | `Host`, with another name than before | the same, for that host | |
//! | | | `Wait`, `Different` | the same, with a new reason | |
//! | | | `Void`, `Over` | the same, with a new attempt at any host | |
//! | | | `Round` with this attempt, within the lease | `InRound` | `Start` |
//! | | | `Refused` | `Refused` | `Refuse` |
//! | [`InRound`](Stage::InRound) | `Ask` | `Holds` | the same, with a new lease | |
//! | | | `Void`, `Over`, `Different` unless of an older start | the same | `EndEngine` |
//! | | | `Unsure` | the same, with the old lease | |
//! | | | none or `Unsure`, and the lease has run out while unconnected | the same | `EndEngine` |
//! | | | the engine reaches the end of all input | `Ended` | |
//! | [`Ended`](Stage::Ended) | `Ended` | `AllEnded` | the same, for all | `AllEnded` |
//! | | | `Wait` | the same, with a new reason | |
//! | | | `Void` | the same | `Reopened` |
//! | [`Refused`](Stage::Refused) | `Leave` | any | the same | |
//!
//! After `EndEngine` and `Reopened` the caller stops its engine and calls [`Member::rejoin`], which leads
//! back to `Offering` with a new attempt.

use std::time::Duration;

use super::{
    message::{Answer, AttemptHistory, Message, Missing, Request},
    round::{Gang, Nonce, Round},
    stage::{Command, Stage},
    store_identity::PartitionOffer,
    timeouts::Timeouts,
};

/// One process of a gang.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Member {
    gang: Gang,
    process: u32,
    timeouts: Timeouts,
    /// The random word in the names of its attempts.
    word: String,
    attempt_number: u32,
    history: AttemptHistory,
    partitions: PartitionOffer,
    /// The host to which the current attempt belongs.
    host_id: Option<Nonce>,
    stage: Stage,
    /// How long an unconnected engine may run without another answer.
    lease: Duration,
}

/// The most attempts, hosts and farewells that a member or host remembers.
const REMEMBERED: usize = 8;

/// Drops all but the newest entries.
///
/// A forgotten attempt costs time, since its engine counts as possibly running. A forgotten host was left
/// so long ago that its engines were waited for.
pub(super) fn forget<T>(list: &mut Vec<T>) {
    let surplus = list.len().saturating_sub(REMEMBERED);
    list.drain(..surplus);
}

impl Member {
    /// Makes a member that offers. `word` is random; no other member may have it.
    #[must_use]
    pub fn new(
        gang: Gang,
        process: u32,
        timeouts: Timeouts,
        history: AttemptHistory,
        word: String,
    ) -> Self {
        Self {
            gang,
            process,
            timeouts,
            word,
            attempt_number: 0,
            history,
            partitions: PartitionOffer::default(),
            host_id: None,
            stage: Stage::offering(),
            lease: Duration::ZERO,
        }
    }

    /// Makes it a member whose engine has already reached the end of all input.
    #[must_use]
    pub fn ended(mut self, round: Nonce) -> Self {
        self.stage = Stage::Ended {
            round,
            all: false,
            missing: Err(String::new()),
        };
        self
    }

    /// Returns the stage.
    #[must_use]
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// Returns the history that the next attempt must know if this one ends now.
    #[must_use]
    pub fn history(&self) -> AttemptHistory {
        let mut history = self.history.clone();
        history.earlier.push(self.attempt());
        forget(&mut history.earlier);
        forget(&mut history.hosts);
        forget(&mut history.shutdowns);
        history
    }

    fn attempt(&self) -> Nonce {
        Nonce::new(format!("{}-{}", self.word, self.attempt_number))
    }

    /// Makes another attempt, at any host.
    fn renew(&mut self) {
        self.history = self.history();
        self.attempt_number += 1;
        self.host_id = None;
    }

    fn with(&self, message: Message) -> Request {
        Request {
            gang: self.gang.clone(),
            process: self.process,
            attempt: self.attempt(),
            message,
        }
    }
}

/// Called by the network.
impl Member {
    /// Returns the request to repeat until it changes.
    #[must_use]
    pub fn request(&self) -> Request {
        self.with(match &self.stage {
            Stage::Offering { .. } => Message::Offer(
                self.host_id.clone(),
                self.history.clone(),
                self.partitions.clone(),
            ),
            Stage::InRound { .. } => Message::Ask,
            Stage::Refused { .. } => Message::Leave,
            Stage::Ended { round, .. } => Message::Ended {
                round: round.clone(),
            },
        })
    }

    /// Returns the last request, for after the engine has ended.
    #[must_use]
    pub fn farewell(&self) -> Request {
        self.with(Message::Leave)
    }

    /// Processes the host's answer to a request that was sent `ago`.
    pub fn on_reply(
        &mut self,
        request: &Request,
        answer: Answer,
        ago: Duration,
    ) -> Option<Command> {
        if request.attempt != self.attempt() {
            return None;
        }
        let lease = self.timeouts.lease.saturating_sub(ago);
        match (&self.stage, &request.message) {
            (Stage::Offering { .. }, Message::Offer(..)) => self.on_offer_reply(answer, lease),
            (Stage::InRound { .. }, Message::Ask | Message::Leave) => {
                self.on_round_reply(answer, lease)
            }
            (Stage::Ended { .. }, Message::Ended { .. }) => self.on_end_reply(answer),
            _ => None,
        }
    }

    /// Records that the host gave no answer.
    pub fn on_no_reply(&mut self, why: String) {
        match &mut self.stage {
            Stage::Offering { missing, .. } | Stage::Ended { missing, .. } => *missing = Err(why),
            Stage::InRound { .. } | Stage::Refused { .. } => {}
        }
    }

    fn on_offer_reply(&mut self, answer: Answer, lease: Duration) -> Option<Command> {
        let missing = match answer {
            Answer::Round(round) => return self.enter(&round, lease),
            Answer::Refused(why) => {
                self.stage = Stage::Refused { why };
                return Some(Command::Refuse);
            }
            Answer::Host(host) => {
                self.offer_to(host);
                return None;
            }
            Answer::Over(shutdown) => {
                self.history.shutdowns.push(shutdown);
                self.renew();
                return None;
            }
            Answer::Void => {
                self.renew();
                return None;
            }
            Answer::Wait(missing) => missing,
            Answer::Different(gang) => Missing {
                foreign: vec![(0, gang)],
                ..Missing::default()
            },
            Answer::Holds | Answer::Unsure | Answer::AllEnded => return None,
        };
        self.stage = Stage::Offering {
            missing: Ok(missing),
        };
        None
    }

    fn on_round_reply(&mut self, answer: Answer, lease: Duration) -> Option<Command> {
        let why = match answer {
            Answer::Holds => {
                self.lease = self.lease.max(lease);
                return None;
            }
            Answer::Void => "another process starts again",
            Answer::Over(shutdown) => {
                self.history.shutdowns.push(shutdown);
                "process 0 shuts down"
            }
            // A host that is left of an older start knows nothing of this one.
            Answer::Different(gang) if gang.start >= self.gang.start => {
                "process 0 belongs to another start"
            }
            _ => return None,
        };
        Some(Command::EndEngine(why))
    }

    fn on_end_reply(&mut self, answer: Answer) -> Option<Command> {
        let Stage::Ended { all, missing, .. } = &mut self.stage else {
            return None;
        };
        match answer {
            Answer::AllEnded => {
                let news = !std::mem::replace(all, true);
                news.then_some(Command::AllEnded)
            }
            Answer::Wait(behind) => {
                *missing = Ok(behind);
                None
            }
            Answer::Void => Some(Command::Reopened),
            _ => None,
        }
    }

    /// Directs the offer to a host. Each attempt is made at one host only, so another host gets a new one.
    fn offer_to(&mut self, host: Nonce) {
        if self.host_id.as_ref() == Some(&host) {
            return;
        }
        if self.host_id.is_some() {
            self.renew();
        }
        if !self.history.hosts.contains(&host) {
            self.history.hosts.push(host.clone());
        }
        self.host_id = Some(host);
    }

    fn enter(&mut self, round: &Round, lease: Duration) -> Option<Command> {
        if !round.has(self.process, &self.attempt()) || lease.is_zero() {
            return None;
        }
        self.history.hosts = self.host_id.iter().cloned().collect();
        self.history.shutdowns.clear();
        self.history.number = round.number;
        self.lease = lease;
        self.stage = Stage::InRound {
            round: round.clone(),
            connected: false,
        };
        Some(Command::Start)
    }
}

/// Called by the timer.
impl Member {
    /// Advances the member's clock.
    pub fn pass(&mut self, elapsed: Duration) {
        self.lease = self.lease.saturating_sub(elapsed);
    }

    /// Ends an unconnected engine whose lease has run out.
    ///
    /// Order: call it after all answers that have arrived were processed, since one may renew the lease.
    #[must_use]
    pub fn check_lease(&self) -> Option<Command> {
        let unconnected = matches!(
            self.stage,
            Stage::InRound {
                connected: false,
                ..
            }
        );
        let over = unconnected && self.lease.is_zero();
        over.then_some(Command::EndEngine("process 0 does not answer"))
    }
}

/// Called by the owner of the engine.
impl Member {
    /// Sets the partitions that the following offers report.
    pub fn set_partitions(&mut self, partitions: PartitionOffer) {
        self.partitions = partitions;
    }

    /// Returns true if the engine may start now.
    #[must_use]
    pub fn may_start(&self) -> bool {
        matches!(self.stage, Stage::InRound { .. }) && !self.lease.is_zero()
    }

    /// Records that the engine is connected to all others.
    pub fn connected(&mut self) {
        if let Stage::InRound { connected, .. } = &mut self.stage {
            *connected = true;
        }
    }

    /// Records that the engine reached the end of all input; returns the name of the round.
    pub fn end(&mut self) -> Option<Nonce> {
        let Stage::InRound { round, .. } = &self.stage else {
            return None;
        };
        let round = round.id().clone();
        self.stage = Stage::Ended {
            round: round.clone(),
            all: false,
            missing: Ok(Missing::default()),
        };
        Some(round)
    }

    /// Offers again, after the engine has ended.
    pub fn rejoin(&mut self) {
        self.renew();
        self.stage = Stage::offering();
        self.lease = Duration::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rendezvous::model::gang;

    /// Two offers that name no host may be on their way, one from before the partitions were read.
    #[test]
    fn repeated_host_reply_keeps_attempt() {
        let word = "word".to_owned();
        let history = AttemptHistory::default();
        let mut member = Member::new(gang(2), 1, Timeouts::DEFAULT, history, word);
        let request = member.request();
        let kept = ["a", "a", "b"].map(|host| {
            let answer = Answer::Host(Nonce::new(host));
            assert_eq!(member.on_reply(&request, answer, Duration::ZERO), None);
            member.request().attempt == request.attempt
        });
        assert_eq!(kept, [true, true, false]);
    }
}
