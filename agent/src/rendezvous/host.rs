//! Process 0's side: offers in, rounds out.

use std::time::Duration;

use store::partition::PartitionFacts;

use super::{
    message::{Answer, Lack, Past, Request, Say},
    patience::Patience,
    round::{Beginning, Gang, Nonce, Round},
    terms::{Stock, Terms, agree_on},
};

mod past;
mod seat;
mod succession;

use past::Engines;
use seat::{Given, Known, Seat};

/// Gives rounds to the members of one gang.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Host {
    id: Nonce,
    /// Hosts that were in this pod before.
    earlier: Vec<Nonce>,
    gang: Gang,
    patience: Patience,
    /// With recovery.
    terms: Option<Terms>,
    /// Why those who wait cannot be given a round.
    refused: Option<String>,
    /// Who waits for a round, by process.
    seats: Vec<Option<Seat>>,
    given: Option<Given>,
    /// In which round a process says that it came to the end, by process.
    ends: Vec<Option<Nonce>>,
    strangers: Vec<Stranger>,
    closing: bool,
}

/// See [`Host::news`].
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct News {
    round: Option<(u32, bool)>,
    offers: usize,
    ended: bool,
    closing: bool,
    refused: bool,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Stranger {
    process: u32,
    gang: Gang,
    silent: Duration,
}

/// How many strangers are remembered; only their names are of use.
const STRANGERS: usize = 16;

impl Host {
    /// Makes one that knows of nobody.
    #[must_use]
    pub fn new(id: Nonce, gang: Gang, patience: Patience, terms: Option<Terms>) -> Self {
        let size = gang.processes as usize;
        Self {
            id,
            earlier: Vec::new(),
            gang,
            patience,
            terms,
            refused: None,
            seats: vec![None; size],
            given: None,
            ends: vec![None; size],
            strangers: Vec::new(),
            closing: false,
        }
    }

    /// Lets time pass.
    pub fn pass(&mut self, elapsed: Duration) {
        let Patience { silence, .. } = self.patience;
        let hold = self.patience.hold();
        // Times end where they make no difference any more.
        let age =
            |time: &mut Duration| *time = (*time + elapsed).min(hold + Duration::from_millis(1));
        for seat in &mut self.seats {
            if let Some(waiting) = seat {
                age(&mut waiting.waited);
                age(&mut waiting.silent);
                if waiting.silent > silence {
                    *seat = None;
                }
            }
        }
        for member in self.given.iter_mut().flat_map(|given| &mut given.members) {
            age(&mut member.silent);
            age(&mut member.unconfirmed);
        }
        for stranger in &mut self.strangers {
            age(&mut stranger.silent);
        }
        self.strangers.retain(|stranger| stranger.silent <= silence);
        self.give();
    }

    /// Takes in what a member says. [`Host::answer`] tells what to answer, now or a little later.
    pub fn hear(&mut self, request: &Request) {
        let Request {
            gang,
            process,
            nonce,
            say,
        } = request;
        let index = *process as usize;
        if *gang != self.gang || index >= self.seats.len() {
            self.strangers.retain(|known| known.process != *process);
            if self.strangers.len() < STRANGERS {
                self.strangers.push(Stranger {
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
        if let Some(given) = &mut self.given
            && given.round.has(*process, nonce)
        {
            given.members[index].silent = Duration::ZERO;
        }
        match say {
            Say::Offer(host, past, stock) if host.as_ref() == Some(&self.id) => {
                self.offer(index, nonce, past, stock);
            }
            Say::Offer(..) => {}
            Say::Ask => {}
            Say::Ended { round } => {
                self.ends[index] = Some(round.clone());
                self.over(index, nonce);
            }
            Say::Leave => {
                self.over(index, nonce);
                if let Some(given) = &mut self.given
                    && given.round.has(*process, nonce)
                {
                    given.void = true;
                }
                self.lost(*process, nonce);
            }
        }
        self.give();
    }

    /// What members that wait for an answer would want to know at once when it changes.
    #[must_use]
    pub fn news(&self) -> News {
        let all = self
            .ends
            .iter()
            .all(|end| end.is_some() && *end == self.ends[0]);
        News {
            round: self
                .given
                .as_ref()
                .map(|given| (given.round.number, given.void)),
            offers: self.seats.iter().flatten().count(),
            ended: all,
            closing: self.closing,
            refused: self.refused.is_some(),
        }
    }

    /// Answers what has been heard.
    pub fn answer(&mut self, request: &Request) -> Answer {
        let Request {
            gang,
            process,
            nonce,
            say,
        } = request;
        let index = *process as usize;
        if *gang != self.gang || index >= self.seats.len() {
            return Answer::Different(self.gang.clone());
        }
        if let (Say::Offer(..), Some(why)) = (say, &self.refused) {
            return Answer::Refused(why.clone());
        }
        if self.closing {
            return Answer::Over(self.engines().gone());
        }
        match say {
            Say::Offer(host, ..) if host.as_ref() != Some(&self.id) => {
                Answer::Host(self.id.clone())
            }
            Say::Offer(..) | Say::Ask => match &self.given {
                Some(given) if given.round.has(*process, nonce) => {
                    self.about_round(index, *say == Say::Ask)
                }
                _ if *say == Say::Ask => Answer::Void,
                _ => Answer::Wait(self.lack()),
            },
            Say::Ended { round } => {
                if self.ends.iter().all(|end| end.as_ref() == Some(round)) {
                    return Answer::AllEnded;
                }
                let another = |given: &Given| given.round.id() != round;
                // Whoever offers again has not come to the end.
                if self.given.as_ref().is_some_and(another)
                    || self.seats.iter().any(Option::is_some)
                {
                    return Answer::Void;
                }
                let behind = (0..)
                    .zip(&self.ends)
                    .filter(|(_, end)| end.as_ref() != Some(round));
                Answer::Wait(Lack {
                    missing: behind.map(|(process, _)| process).collect(),
                    ..Lack::default()
                })
            }
            Say::Leave => Answer::Void,
        }
    }

    /// Takes in that the connection of a waiting member is gone.
    pub fn lost(&mut self, process: u32, nonce: &Nonce) {
        if let Some(seat) = self.seats.get_mut(process as usize)
            && seat.as_ref().is_some_and(|seat| seat.nonce == *nonce)
        {
            *seat = None;
        }
    }

    /// Gives no more rounds: this process is going, and its engine has ended, as it says.
    pub fn close(&mut self, farewell: &Request) {
        self.hear(farewell);
        self.closing = true;
    }

    fn offer(&mut self, index: usize, nonce: &Nonce, past: &Past, stock: &Stock) {
        if let Some(given) = &mut self.given {
            let member = &given.round.nonces[index];
            if member == nonce {
                return;
            }
            given.void = true;
            given.members[index].over |= past.earlier.contains(member);
        }
        self.ends[index] = None;
        match &mut self.seats[index] {
            Some(seat) if seat.nonce == *nonce => {
                seat.silent = Duration::ZERO;
                seat.past.clone_from(past);
            }
            // A word from the past, held up on its way.
            Some(seat) if seat.past.earlier.contains(nonce) => {}
            seat => {
                self.refused = None;
                *seat = Some(Seat {
                    nonce: nonce.clone(),
                    past: past.clone(),
                    stock: stock.clone(),
                    waited: Duration::ZERO,
                    silent: Duration::ZERO,
                });
            }
        }
    }

    fn over(&mut self, index: usize, nonce: &Nonce) {
        if let Some(given) = &mut self.given
            && given.round.nonces[index] == *nonce
        {
            given.members[index].over = true;
        }
    }

    /// Answers a member of the given round.
    fn about_round(&mut self, index: usize, has_it: bool) -> Answer {
        let silence = self.patience.silence;
        let given = self.given.as_mut().expect("the member is of a given round");
        if given.void {
            return Answer::Void;
        }
        // A member that has gone to another host must end this one's unconnected engines, too, and
        // no other may be started.
        let gone = |member: &Known| member.silent > silence && !member.over;
        if given.members.iter().any(gone) {
            return Answer::Unsure;
        }
        given.members[index].unconfirmed = Duration::ZERO;
        if has_it {
            Answer::Holds
        } else {
            Answer::Round(given.round.clone())
        }
    }

    fn lack(&self) -> Lack {
        let empty = (0..).zip(&self.seats).filter(|(_, seat)| seat.is_none());
        let different = |process: &u32| self.strangers.iter().any(|one| one.process == *process);
        let missing = empty
            .map(|(process, _)| process)
            .filter(|process| !different(process));
        let missing: Vec<u32> = missing.collect();
        Lack {
            held: self.seats.iter().all(Option::is_some),
            different: self
                .strangers
                .iter()
                .map(|stranger| (stranger.process, stranger.gang.clone()))
                .collect(),
            missing,
        }
    }

    /// What it knows of engines that may be left.
    fn engines(&self) -> Engines<'_> {
        Engines {
            id: &self.id,
            earlier: &self.earlier,
            patience: self.patience,
            seats: &self.seats,
            given: self.given.as_ref(),
        }
    }

    /// Gives a round if all are there and no engine of an earlier one can live.
    fn give(&mut self) {
        if self.closing || self.seats.iter().any(Option::is_none) || !self.engines().are_past_over()
        {
            return;
        }
        let beginning = match self.agree() {
            Ok(beginning) => beginning,
            Err(why) => {
                self.refused = Some(why);
                return;
            }
        };
        let seats: Vec<Seat> = self.seats.iter_mut().filter_map(Option::take).collect();
        let known = seats.iter().map(|seat| seat.past.number);
        let own = self.given.as_ref().map_or(0, |given| given.round.number);
        let silent = |seat: &Seat| Known {
            silent: seat.silent,
            ..Known::default()
        };
        self.given = Some(Given {
            void: false,
            members: seats.iter().map(silent).collect(),
            round: Round {
                number: known.fold(own, u32::max).saturating_add(1),
                nonces: seats.into_iter().map(|seat| seat.nonce).collect(),
                beginning,
            },
        });
    }

    /// With recovery, finds where all begin, from what all of them have.
    fn agree(&self) -> Result<Option<Beginning>, String> {
        let Some(terms) = &self.terms else {
            return Ok(None);
        };
        let stocks = self.seats.iter().flatten().map(|seat| &seat.stock);
        let facts: Vec<PartitionFacts> = stocks.flat_map(|stock| stock.0.clone()).collect();
        agree_on(terms, &facts).map(Some)
    }
}
