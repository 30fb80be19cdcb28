//! Every process's side: offers, starts its engine in a round, and ends it when the round is over.

use std::time::Duration;

use super::{
    message::{Answer, Lack, Past, Request, Say},
    patience::Patience,
    round::{Gang, Nonce, Round},
    terms::Stock,
};

/// One process of a gang.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Member {
    gang: Gang,
    process: u32,
    patience: Patience,
    /// What its nonces are made of.
    word: String,
    attempt: u32,
    past: Past,
    stock: Stock,
    /// The host that its attempt is made at.
    host: Option<Nonce>,
    stage: Stage,
    /// How long an engine that is not connected may run on without another word.
    lease: Duration,
}

/// How far it has come.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Stage {
    /// It waits for a round.
    Offering {
        /// What the round lacks, as far as it has been told.
        lack: Result<Lack, String>,
    },
    /// It has been given a round.
    Given {
        /// Which.
        round: Round,
        /// Its engine is connected to all others.
        connected: bool,
    },
    /// The partitions of all processes are no set to resume from.
    Refused {
        /// Why, in words.
        why: String,
    },
    /// Its engine came to the end of all input.
    Ended {
        /// In which round.
        round: Nonce,
        /// So did all others.
        all: bool,
        /// Who did not, as far as it has been told.
        lack: Result<Lack, String>,
    },
}

/// What `launch` shall do.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order {
    /// Start the engine, unless [`Member::may_start`] says no by then.
    Start,
    /// End the engine if there is one, and offer again. Says why.
    EndEngine(&'static str),
    /// End with what [`Stage::Refused`] says.
    Refuse,
    /// All input has come to its end on all processes.
    AllEnded,
    /// The end was none: another process has not come to it, and offers again.
    Reopened,
}

/// How many earlier attempts and hosts are told of.
const REMEMBERED: usize = 8;

/// Drops all but the newest. An attempt that is forgotten costs time, as it counts as not accounted
/// for; a host that is has been left for longer than engines are waited out.
pub(super) fn forget<T>(list: &mut Vec<T>) {
    let surplus = list.len().saturating_sub(REMEMBERED);
    list.drain(..surplus);
}

impl Member {
    /// Makes one that offers. The word is random; nobody else may have it.
    #[must_use]
    pub fn new(gang: Gang, process: u32, patience: Patience, past: Past, word: String) -> Self {
        Self {
            gang,
            process,
            patience,
            word,
            attempt: 0,
            past,
            stock: Stock::default(),
            host: None,
            stage: Stage::offering(),
            lease: Duration::ZERO,
        }
    }

    /// Makes one whose engine came to the end of all input before.
    #[must_use]
    pub fn ended(mut self, round: Nonce) -> Self {
        self.stage = Stage::Ended {
            round,
            all: false,
            lack: Err(String::new()),
        };
        self
    }

    /// Says what its partitions say, for the offers that follow.
    pub fn show(&mut self, stock: Stock) {
        self.stock = stock;
    }

    /// How far it has come.
    #[must_use]
    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    /// What the next attempt has to know, should this one end now.
    #[must_use]
    pub fn record(&self) -> Past {
        let mut past = self.past.clone();
        past.earlier.push(self.nonce());
        forget(&mut past.earlier);
        forget(&mut past.hosts);
        forget(&mut past.over);
        past
    }

    /// What to say to the host, again and again.
    #[must_use]
    pub fn request(&self) -> Request {
        self.saying(match &self.stage {
            Stage::Offering { .. } => {
                Say::Offer(self.host.clone(), self.past.clone(), self.stock.clone())
            }
            Stage::Given { .. } => Say::Ask,
            Stage::Refused { .. } => Say::Leave,
            Stage::Ended { round, .. } => Say::Ended {
                round: round.clone(),
            },
        })
    }

    /// What to say last, once the engine has ended.
    #[must_use]
    pub fn farewell(&self) -> Request {
        self.saying(Say::Leave)
    }

    /// Lets time pass.
    pub fn pass(&mut self, elapsed: Duration) {
        self.lease = self.lease.saturating_sub(elapsed);
    }

    /// Looks whether silence has lasted too long, once all answers that are there have been heard.
    #[must_use]
    pub fn look(&self) -> Option<Order> {
        let open = matches!(
            self.stage,
            Stage::Given {
                connected: false,
                ..
            }
        );
        let over = open && self.lease.is_zero();
        over.then_some(Order::EndEngine("process 0 is silent"))
    }

    /// Takes in the host's answer to what was asked that long ago.
    pub fn hear(&mut self, asked: &Request, answer: Answer, ago: Duration) -> Option<Order> {
        if asked.nonce != self.nonce() {
            return None;
        }
        let lease = self.patience.lease.saturating_sub(ago);
        match (&self.stage, &asked.say) {
            (Stage::Offering { .. }, Say::Offer(..)) => self.offered(answer, lease),
            (Stage::Given { .. }, Say::Ask | Say::Leave) => self.asked(answer, lease),
            (Stage::Ended { .. }, Say::Ended { .. }) => self.said_ended(answer),
            _ => None,
        }
    }

    fn offered(&mut self, answer: Answer, lease: Duration) -> Option<Order> {
        let lacks = match answer {
            Answer::Round(round) => return self.given(&round, lease),
            Answer::Refused(why) => {
                self.stage = Stage::Refused { why };
                return Some(Order::Refuse);
            }
            Answer::Host(host) => {
                self.offer_to(host);
                return None;
            }
            Answer::Over(gone) => {
                self.past.over.push(gone);
                self.renew();
                return None;
            }
            Answer::Void => {
                self.renew();
                return None;
            }
            Answer::Wait(lacks) => lacks,
            Answer::Different(gang) => Lack {
                different: vec![(0, gang)],
                ..Lack::default()
            },
            Answer::Holds | Answer::Unsure | Answer::AllEnded => return None,
        };
        self.stage = Stage::Offering { lack: Ok(lacks) };
        None
    }

    fn asked(&mut self, answer: Answer, lease: Duration) -> Option<Order> {
        let why = match answer {
            Answer::Holds => {
                self.lease = self.lease.max(lease);
                return None;
            }
            Answer::Void => "another process starts anew",
            Answer::Over(gone) => {
                self.past.over.push(gone);
                "process 0 is being stopped"
            }
            // One that is left of an older start knows nothing of this one.
            Answer::Different(gang) if gang.start >= self.gang.start => {
                "process 0 is of another start"
            }
            _ => return None,
        };
        Some(Order::EndEngine(why))
    }

    fn said_ended(&mut self, answer: Answer) -> Option<Order> {
        let Stage::Ended { all, lack, .. } = &mut self.stage else {
            return None;
        };
        match answer {
            Answer::AllEnded => {
                let news = !std::mem::replace(all, true);
                news.then_some(Order::AllEnded)
            }
            Answer::Wait(lacks) => {
                *lack = Ok(lacks);
                None
            }
            Answer::Void => Some(Order::Reopened),
            _ => None,
        }
    }

    /// Takes in that the host could not be asked.
    pub fn unheard(&mut self, why: String) {
        match &mut self.stage {
            Stage::Offering { lack, .. } | Stage::Ended { lack, .. } => *lack = Err(why),
            Stage::Given { .. } | Stage::Refused { .. } => {}
        }
    }

    /// Whether an engine may be started now.
    #[must_use]
    pub fn may_start(&self) -> bool {
        matches!(self.stage, Stage::Given { .. }) && !self.lease.is_zero()
    }

    /// Takes in that the engine is connected to all others.
    pub fn connected(&mut self) {
        if let Stage::Given { connected, .. } = &mut self.stage {
            *connected = true;
        }
    }

    /// Takes in that the engine came to the end of all input, and gives the round's name.
    pub fn end(&mut self) -> Option<Nonce> {
        let Stage::Given { round, .. } = &self.stage else {
            return None;
        };
        let round = round.id().clone();
        self.stage = Stage::Ended {
            round: round.clone(),
            all: false,
            lack: Ok(Lack::default()),
        };
        Some(round)
    }

    /// Offers again, now that the engine has ended.
    pub fn rejoin(&mut self) {
        self.renew();
        self.stage = Stage::offering();
        self.lease = Duration::ZERO;
    }

    fn nonce(&self) -> Nonce {
        Nonce::new(format!("{}-{}", self.word, self.attempt))
    }

    /// Makes another attempt, at any host.
    fn renew(&mut self) {
        self.past = self.record();
        self.attempt += 1;
        self.host = None;
    }

    fn offer_to(&mut self, host: Nonce) {
        if self.host.as_ref() == Some(&host) {
            return;
        }
        if self.host.is_some() {
            self.renew();
        }
        if !self.past.hosts.contains(&host) {
            self.past.hosts.push(host.clone());
        }
        self.host = Some(host);
    }

    fn given(&mut self, round: &Round, lease: Duration) -> Option<Order> {
        if !round.has(self.process, &self.nonce()) || lease.is_zero() {
            return None;
        }
        self.past.hosts = self.host.iter().cloned().collect();
        self.past.over.clear();
        self.past.number = round.number;
        self.lease = lease;
        self.stage = Stage::Given {
            round: round.clone(),
            connected: false,
        };
        Some(Order::Start)
    }

    fn saying(&self, say: Say) -> Request {
        Request {
            gang: self.gang.clone(),
            process: self.process,
            nonce: self.nonce(),
            say,
        }
    }
}

impl Stage {
    fn offering() -> Self {
        Self::Offering {
            lack: Err(String::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rendezvous::model::gang;

    /// Two questions without a host's name may be on their way, one before the partitions were read.
    #[test]
    fn an_attempt_is_made_at_a_host_however_often_it_says_its_name() {
        let word = "word".to_owned();
        let mut member = Member::new(gang(2), 1, Patience::USUAL, Past::default(), word);
        let asked = member.request();
        let mut named = |host: &str| {
            let answer = Answer::Host(Nonce::new(host));
            assert_eq!(member.hear(&asked, answer, Duration::ZERO), None);
            member.request().nonce == asked.nonce
        };
        assert_eq!([named("a"), named("a"), named("b")], [true, true, false]);
    }
}
