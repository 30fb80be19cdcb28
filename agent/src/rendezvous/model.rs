//! A model of host and members in a small world. Messages are late or lost, processes die, pods are replaced
//! while the old ones still run, and names lead to the wrong host.
//!
//! [`World::mixture`] is the property to hold: no two unconnected engines run in different rounds.
//! `walks.rs` explores the worlds that a few events lead to, and long random walks.

use std::{collections::BTreeSet, time::Duration};

use super::*;

mod walks;

const SECOND: Duration = Duration::from_secs(1);

/// The shortest timeouts in the same proportion.
const SHORT: Timeouts = Timeouts {
    silence: SECOND,
    lease: SECOND,
    margin: Duration::ZERO,
};

/// One `launch` in one pod.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Launch {
    slot: u32,
    member: Member,
    host: Option<Host>,
    /// The round of its engine.
    engine: Option<Nonce>,
    talk: Option<Talk>,
    /// The cluster has replaced the pod, but it still runs.
    forgotten: bool,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct Talk {
    request: Request,
    to: usize,
    answer: Option<Answer>,
    age: Duration,
}

#[derive(Clone, Debug, Eq, Hash, PartialEq)]
struct World {
    size: u32,
    /// Those of the members, and those of the hosts.
    timeouts: [Timeouts; 2],
    launches: Vec<Launch>,
    /// Rounds whose engines have all connected.
    connected: BTreeSet<Nonce>,
    attempts: u32,
    faults: u32,
    /// Processes whose pods have been replaced.
    replaced: BTreeSet<u32>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Event {
    Send(usize, usize),
    Deliver(usize),
    Receive(usize),
    Lose(usize),
    StartEngine(usize),
    Connect(usize),
    Notice(usize),
    Tick,
    /// Its container is restarted.
    Crash(usize),
    /// Its pod is replaced, and ends.
    Replace(usize),
    /// Its pod is replaced, but still runs.
    Forget(usize),
    /// Its pod gets the signal to stop, and is replaced.
    Stop(usize),
}

impl Event {
    fn is_fault(self) -> bool {
        use Event::{Crash, Forget, Lose, Replace, Stop};
        matches!(self, Crash(_) | Forget(_) | Lose(_) | Replace(_) | Stop(_))
    }
}

pub(super) fn gang(processes: u32) -> Gang {
    Gang {
        revision: "r".into(),
        processes,
        start: 1,
    }
}

impl World {
    fn new(size: u32, timeouts: [Timeouts; 2]) -> Self {
        let mut world = Self {
            size,
            timeouts,
            launches: Vec::new(),
            connected: BTreeSet::new(),
            attempts: 0,
            faults: 0,
            replaced: BTreeSet::new(),
        };
        for slot in 0..size {
            let launch = world.launch(slot, AttemptHistory::default());
            world.launches.push(launch);
        }
        world
    }

    fn launch(&mut self, slot: u32, history: AttemptHistory) -> Launch {
        self.attempts += 1;
        let (gang, word) = (gang(self.size), self.attempts.to_string());
        let id = Nonce::new(format!("host {word}"));
        Launch {
            slot,
            member: Member::new(gang.clone(), slot, self.timeouts[0], history, word),
            host: (slot == 0).then(|| Host::new(id, gang, self.timeouts[1], None)),
            engine: None,
            talk: None,
            forgotten: false,
        }
    }

    fn events(&self, most_faults: u32) -> Vec<Event> {
        let mut events = vec![Event::Tick];
        for (index, launch) in self.launches.iter().enumerate() {
            match &launch.talk {
                None => {
                    let hosts = self.launches.iter().enumerate();
                    let hosts = hosts.filter(|(_, other)| other.host.is_some());
                    events.extend(hosts.map(|(to, _)| Event::Send(index, to)));
                }
                Some(Talk { answer: None, .. }) => {
                    events.extend([Event::Deliver(index), Event::Lose(index)]);
                }
                Some(_) => events.extend([Event::Receive(index), Event::Lose(index)]),
            }
            if launch.engine.is_none() && launch.member.may_start() {
                events.push(Event::StartEngine(index));
            }
            if launch.slot == 0 && launch.engine.is_some() {
                events.push(Event::Connect(index));
            }
            if self.is_connected(launch) {
                events.push(Event::Notice(index));
            }
            if self.faults < most_faults {
                events.push(Event::Crash(index));
                events.extend(self.replacements(index));
            }
        }
        events
    }

    /// Returns the ways in which a pod may be replaced. [`AttemptHistory`] says what no new pod can know.
    fn replacements(&self, index: usize) -> Vec<Event> {
        let Launch {
            slot, forgotten, ..
        } = self.launches[index];
        let alone = self.replaced.iter().all(|other| *other == slot);
        let mut events = Vec::new();
        if !forgotten && (alone || !self.launches.iter().any(|launch| launch.forgotten)) {
            events.extend([Event::Replace(index), Event::Stop(index)]);
        }
        if !forgotten && alone {
            events.push(Event::Forget(index));
        }
        events
    }

    fn is_connected(&self, launch: &Launch) -> bool {
        launch
            .engine
            .as_ref()
            .is_some_and(|round| self.connected.contains(round))
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Tick => self.tick(),
            Event::Send(index, to) => {
                let launch = &mut self.launches[index];
                launch.talk = Some(Talk {
                    request: launch.member.request(),
                    to,
                    answer: None,
                    age: Duration::ZERO,
                });
            }
            Event::Deliver(index) => self.deliver(index),
            Event::Receive(index) => {
                let talk = self.launches[index].talk.take().unwrap();
                let member = &mut self.launches[index].member;
                let command = member.on_reply(&talk.request, talk.answer.unwrap(), talk.age);
                self.execute(index, command);
            }
            Event::Lose(index) => self.launches[index].talk = None,
            Event::StartEngine(index) => {
                let launch = &mut self.launches[index];
                let Stage::InRound { round, .. } = launch.member.stage() else {
                    panic!("{launch:?}");
                };
                launch.engine = Some(round.id().clone());
            }
            Event::Connect(index) => self.connect(index),
            Event::Notice(index) => self.launches[index].member.connected(),
            Event::Crash(index) => {
                let (slot, record) = (
                    self.launches[index].slot,
                    self.launches[index].member.history(),
                );
                let mut next = self.launch(slot, record);
                next.forgotten = self.launches[index].forgotten;
                if let Some(host) = &self.launches[index].host {
                    next.host = next.host.map(|next| next.after(host.record()));
                }
                self.swap(index, next);
            }
            Event::Replace(index) => {
                let next = self.launch(self.launches[index].slot, AttemptHistory::default());
                self.swap(index, next);
                self.replaced.insert(self.launches[index].slot);
            }
            Event::Forget(index) => {
                let next = self.launch(self.launches[index].slot, AttemptHistory::default());
                let mut old = std::mem::replace(&mut self.launches[index], next);
                old.forgotten = true;
                self.launches.push(old);
                let moved = self.launches.len() - 1;
                self.redirect(index, moved);
                self.replaced.insert(self.launches[index].slot);
                self.faults += 1;
            }
            Event::Stop(index) => self.stop(index),
        }
    }

    fn deliver(&mut self, index: usize) {
        let talk = self.launches[index].talk.clone().unwrap();
        let host = self.launches[talk.to].host.as_mut().unwrap();
        host.on_request(&talk.request);
        let answer = Some(host.answer(&talk.request));
        self.launches[index].talk = Some(Talk { answer, ..talk });
    }

    /// Redirects exchanges on their way to a host whose index has changed.
    fn redirect(&mut self, from: usize, to: usize) {
        for talk in self
            .launches
            .iter_mut()
            .filter_map(|launch| launch.talk.as_mut())
        {
            if talk.to == from {
                talk.to = to;
            }
        }
    }

    fn swap(&mut self, index: usize, next: Launch) {
        self.launches[index] = next;
        self.faults += 1;
    }

    /// Stops a launch: ends its engine, and tells those that are asking its host.
    fn stop(&mut self, index: usize) {
        let mut old = self.launches[index].clone();
        old.engine = None;
        let farewell = old.member.farewell();
        if let Some(host) = &mut old.host {
            host.close(&farewell);
            for talk in self
                .launches
                .iter_mut()
                .filter_map(|launch| launch.talk.as_mut())
            {
                if talk.to == index && talk.answer.is_none() {
                    host.on_request(&talk.request);
                    talk.answer = Some(host.answer(&talk.request));
                }
            }
        }
        for host in self.launches.iter_mut().filter(|launch| !launch.forgotten) {
            if let Some(host) = &mut host.host {
                host.on_request(&farewell);
            }
        }
        self.apply(Event::Replace(index));
    }

    fn tick(&mut self) {
        for index in 0..self.launches.len() {
            let launch = &mut self.launches[index];
            if let Some(talk) = &mut launch.talk {
                talk.age = (talk.age + SECOND).min(self.timeouts[1].hold());
            }
            launch.member.pass(SECOND);
            let command = launch.member.check_lease();
            self.execute(index, command);
        }
        for host in self
            .launches
            .iter_mut()
            .filter_map(|launch| launch.host.as_mut())
        {
            host.pass(SECOND);
        }
    }

    fn execute(&mut self, index: usize, command: Option<Command>) {
        if let Some(Command::EndEngine(_)) = command {
            let launch = &mut self.launches[index];
            (launch.engine, launch.talk) = (None, None);
            launch.member.rejoin();
        }
    }

    /// Connects the engines of a round once all of them run.
    fn connect(&mut self, index: usize) {
        let round = self.launches[index].engine.clone().unwrap();
        let of_round = |launch: &&Launch| launch.engine.as_ref() == Some(&round);
        let there = self.launches.iter().filter(of_round).count();
        if there == self.size as usize {
            self.connected.insert(round);
        }
    }

    /// Returns two engines of different rounds that could connect to each other.
    fn mixture(&self) -> Option<[&Launch; 2]> {
        let open: Vec<&Launch> = self
            .launches
            .iter()
            .filter(|launch| launch.engine.is_some() && !self.is_connected(launch))
            .collect();
        open.iter().enumerate().find_map(|(index, one)| {
            let other = open[index..]
                .iter()
                .find(|other| one.engine != other.engine && one.slot != other.slot)?;
            Some([*one, *other])
        })
    }
}
