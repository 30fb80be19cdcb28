//! The host's answers to members, as far as its state determines them.

use std::time::Duration;

use super::{
    Host,
    member_state::{CurrentRound, MemberState},
};
use crate::rendezvous::{
    message::{Answer, Message, Missing, Request},
    round::Nonce,
};

impl Host {
    /// Returns the answer to a request that has been processed.
    pub fn answer(&mut self, request: &Request) -> Answer {
        let Request {
            gang,
            process,
            attempt,
            message,
        } = request;
        let index = *process as usize;
        if *gang != self.gang || index >= self.waiting.len() {
            return Answer::Different(self.gang.clone());
        }
        if let (Message::Offer(..), Some(why)) = (message, &self.refused) {
            return Answer::Refused(why.clone());
        }
        if self.closing {
            return Answer::Over(self.engines().shutdown());
        }
        match message {
            Message::Offer(host, ..) if host.as_ref() != Some(&self.host_id) => {
                Answer::Host(self.host_id.clone())
            }
            Message::Offer(..) | Message::Ask => match &self.current {
                Some(current) if current.round.has(*process, attempt) => {
                    self.about_round(index, *message == Message::Ask)
                }
                _ if *message == Message::Ask => Answer::Void,
                _ => Answer::Wait(self.missing()),
            },
            Message::Ended { round } => self.about_end(round),
            Message::Leave => Answer::Void,
        }
    }

    /// Answers a member of the current round.
    fn about_round(&mut self, index: usize, knows_it: bool) -> Answer {
        let silence = self.timeouts.silence;
        let current = self
            .current
            .as_mut()
            .expect("the member is in the current round");
        if current.void {
            return Answer::Void;
        }
        // A silent member may have moved to another host. Then unconnected engines of this round must end,
        // and no more of them may start. So the host no longer confirms the round.
        let moved = |member: &MemberState| member.silent > silence && !member.without_engine;
        if current.members.iter().any(moved) {
            return Answer::Unsure;
        }
        current.members[index].unconfirmed = Duration::ZERO;
        if knows_it {
            Answer::Holds
        } else {
            Answer::Round(current.round.clone())
        }
    }

    /// Answers a member that has reached the end of all input in a round.
    fn about_end(&self, round: &Nonce) -> Answer {
        if self.ends.iter().all(|end| end.as_ref() == Some(round)) {
            return Answer::AllEnded;
        }
        let another = |current: &CurrentRound| current.round.id() != round;
        // A member that offers again has not reached the end.
        if self.current.as_ref().is_some_and(another) || self.waiting.iter().any(Option::is_some) {
            return Answer::Void;
        }
        let behind = (0..)
            .zip(&self.ends)
            .filter(|(_, end)| end.as_ref() != Some(round));
        Answer::Wait(Missing {
            absent: behind.map(|(process, _)| process).collect(),
            ..Missing::default()
        })
    }

    fn missing(&self) -> Missing {
        let empty = (0..)
            .zip(&self.waiting)
            .filter(|(_, place)| place.is_none());
        let is_foreign = |process: &u32| self.foreign.iter().any(|one| one.process == *process);
        let absent = empty
            .map(|(process, _)| process)
            .filter(|process| !is_foreign(process));
        let absent: Vec<u32> = absent.collect();
        Missing {
            earlier_engines: self.waiting.iter().all(Option::is_some),
            foreign: self
                .foreign
                .iter()
                .map(|member| (member.process, member.gang.clone()))
                .collect(),
            absent,
        }
    }
}
