//! One process of several: its engine runs only in a round that all processes start together.
//!
//! A single thread runs the event loop in [`GangMember::run`]. Other threads only send it events: signals,
//! and answers of the host. Each turn of the loop
//!
//! 1. waits for an event, for at most [`POLL_INTERVAL`], and tells the member how much time has passed;
//! 2. handles this event and all others that have arrived: an answer leads to a [`Command`], the end of the
//!    engine is judged, any other signal than `SIGCHLD` ends the loop with an exit code;
//! 3. stops an unconnected engine whose lease has run out;
//! 4. prepares and starts the engine if a round has begun (see [`EngineStart`]), and checks whether it is
//!    connected to all others;
//! 5. updates the request that the poller repeats, and writes the state for the sidecar.
//!
//! Order: 2 comes before 3 and 4, since an answer that has arrived may renew the lease or void the round.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::Stdio,
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;

use super::{
    hosting,
    process::{engine, say_ended, stopped},
    recovery::{Recovery, explained},
    run_state::run_state,
};
use crate::{
    engine::{self, Engine},
    formed, hosts,
    outcome::{Ending, Outcome, judge, wrong_mode},
    random::word,
    rendezvous::{
        Command, Gang, Member, Stage, Timeouts,
        wire::{HostAddress, HostServer, Poller, Reply},
    },
    report::{FailureKind, ProcessPhase, TerminationReport},
    reporting::{failed, refused, say},
    settings::LaunchSettings,
    state::{EndNote, RunDir, RunState},
    supervise::{Signals, reap},
};

mod leave;

use leave::{LEAVE_TIMEOUT, end_engine};

/// How long the event loop waits for an event before it checks what time alone changes.
const POLL_INTERVAL: Duration = Duration::from_millis(250);

enum Event {
    Signal(Signal),
    Reply(Box<Reply>),
}

/// The progress from the command to start to the start of the engine.
///
/// Race: trimming may take long, and the round may become void meanwhile. So the loop handles the answers
/// that have arrived between the two.
#[derive(Clone, Copy, PartialEq)]
enum EngineStart {
    /// Nothing is to be started.
    None,
    /// A round has begun; with recovery the partitions must be trimmed to it.
    Trim,
    /// The partitions are trimmed. The engine starts if the round still holds.
    Trimmed,
}

/// One process of a gang, with the state of its event loop.
struct GangMember<'a> {
    settings: &'a LaunchSettings,
    log: &'a mut dyn Write,
    run_dir: RunDir,
    events: Receiver<Event>,
    poller: Poller,
    host: HostAddress,
    member: Member,
    /// The server of the rendezvous, in process 0 only.
    host_server: Option<HostServer>,
    engine: Engine,
    recovery: Option<Recovery>,
    /// The process id of the running engine.
    running: Option<u32>,
    engine_start: EngineStart,
    waits_since: Instant,
    /// When the member's clock was last advanced.
    seen: Instant,
    state: RunState,
}

/// Runs the engine, in as many rounds as it takes, and returns the exit code of the container.
pub(super) fn run(
    settings: &LaunchSettings,
    signals: Signals,
    python: impl FnOnce() -> Result<PathBuf, TerminationReport>,
    log: &mut dyn Write,
) -> Result<i32, TerminationReport> {
    let recovery = Recovery::of(settings)?;
    let mut member =
        GangMember::new(settings, signals, recovery, log).map_err(|error| failed(&error))?;
    member.write_state(member.state.clone())?;
    member.engine.python = python()?;
    let result = member.run();
    if result.is_err() {
        member.leave();
    }
    result
}

impl<'a> GangMember<'a> {
    fn new(
        settings: &'a LaunchSettings,
        signals: Signals,
        recovery: Option<Recovery>,
        log: &'a mut dyn Write,
    ) -> io::Result<Self> {
        let own = &settings.identity;
        let gang = Gang {
            revision: own.revision.clone(),
            processes: own.processes,
            start: own.start,
        };
        let run_dir = RunDir::new(&settings.run_dir);
        let store = recovery.as_ref().map(Recovery::store_identity);
        let host_server = hosting::start(own, &gang, store, &run_dir)?;
        let history = run_dir.attempt_history(own.start);
        let mut member = Member::new(gang, own.process, Timeouts::DEFAULT, history, word()?);
        let notes = recovery.as_ref().map(Recovery::notes);
        let end = |notes: &RunDir| notes.end(own.start).and_then(|note| note.round);
        if let Some(round) = end(&run_dir).or_else(|| notes.as_ref().and_then(end)) {
            member = member.ended(round);
        }
        let (sender, events) = channel();
        let replies = sender.clone();
        // The receiver lives as long as this process has work to do, so a failed send loses nothing.
        signals.pass_on(move |signal| drop(sender.send(Event::Signal(signal))))?;
        let host = hosts::rendezvous(own);
        let poller = Poller::start(host.clone(), member.request(), move |reply| {
            drop(replies.send(Event::Reply(Box::new(reply))));
        })?;
        Ok(Self {
            settings,
            log,
            events,
            poller,
            host,
            member,
            host_server,
            engine: engine(settings, PathBuf::new()),
            recovery,
            running: None,
            engine_start: EngineStart::None,
            waits_since: Instant::now(),
            seen: Instant::now(),
            state: RunState::new(own.start, ProcessPhase::Starting, None),
            run_dir,
        })
    }

    /// Runs the event loop and returns the exit code.
    fn run(&mut self) -> Result<i32, TerminationReport> {
        self.read_partitions()?;
        self.save_history()?;
        self.poller.set(self.member.request());
        loop {
            let pause = match self.engine_start {
                EngineStart::None => POLL_INTERVAL,
                EngineStart::Trim | EngineStart::Trimmed => Duration::ZERO,
            };
            let mut event = self.events.recv_timeout(pause);
            self.member.pass(self.seen.elapsed());
            self.seen = Instant::now();
            while let Ok(present) = event {
                if let Some(code) = self.handle(present)? {
                    return Ok(code);
                }
                event = self
                    .events
                    .try_recv()
                    .map_err(|_| RecvTimeoutError::Timeout);
            }
            if let Some(command) = self.member.check_lease() {
                self.execute(command)?;
            }
            self.start_engine()?;
            self.check_connections();
            self.recovery.iter_mut().for_each(Recovery::measure);
            self.poller.set(self.member.request());
            self.publish_state()?;
        }
    }

    /// Handles an event; returns the exit code if it ends the process.
    fn handle(&mut self, event: Event) -> Result<Option<i32>, TerminationReport> {
        match event {
            Event::Reply(reply) => {
                let Reply {
                    request,
                    at,
                    answer,
                } = *reply;
                match answer {
                    Ok(answer) => {
                        let command = self.member.on_reply(&request, answer, at.elapsed());
                        if let Some(command) = command {
                            self.execute(command)?;
                        }
                        self.save_history()?;
                    }
                    Err(why) => self.member.on_no_reply(why),
                }
            }
            Event::Signal(Signal::SIGCHLD) => {
                let ending = reap(self.running.unwrap_or(0)).map_err(|error| failed(&error))?;
                // Other children that died are orphans of the engine.
                if let Some(ending) = ending
                    && let Some(engine) = self.running.take()
                {
                    engine::kill(engine).map_err(|error| failed(&error))?;
                    self.on_engine_end(ending)?;
                }
            }
            Event::Signal(signal) => return self.stop(signal).map(Some),
        }
        Ok(None)
    }

    /// Stops the engine, tells the others, and returns the exit code.
    fn stop(&mut self, signal: Signal) -> Result<i32, TerminationReport> {
        if let Some(ending) = end_engine(&mut self.running)? {
            self.on_engine_end(ending)?;
        }
        match &self.host_server {
            Some(server) => server.close(&self.member.farewell(), LEAVE_TIMEOUT),
            None => self.leave(),
        }
        match self.member.stage() {
            Stage::Ended { .. } => Ok(0),
            _ => Ok(stopped(signal, self.log)),
        }
    }

    /// Tells the host that this process exits.
    fn leave(&mut self) {
        if leave::leave(&mut self.member, &self.host, self.host_server.as_ref()) {
            drop(self.save_history());
        }
    }

    fn execute(&mut self, command: Command) -> Result<(), TerminationReport> {
        match command {
            Command::Start => self.engine_start = EngineStart::Trim,
            Command::EndEngine(why) => {
                let ran = self.running.is_some();
                if let Some(ending) = end_engine(&mut self.running)? {
                    return self.on_engine_end(ending);
                }
                if ran {
                    say(self.log, &format!("stopped the engine: {why}"));
                }
                self.offer_again()?;
            }
            Command::AllEnded => say_ended(self.settings, self.log),
            Command::Refuse => {
                let why = match self.member.stage() {
                    Stage::Refused { why } => why.clone(),
                    _ => String::new(),
                };
                return Err(refused(why));
            }
            Command::Reopened => {
                self.note_end(None)?;
                if self.recovery.is_some() {
                    let text = "another process has not reached the end of its input; resuming";
                    say(self.log, text);
                    return self.offer_again();
                }
                let text = "another process started again after this one had reached the end of \
                            its input";
                return Err(TerminationReport::new(FailureKind::PeerLost, text, 1));
            }
        }
        Ok(())
    }

    fn offer_again(&mut self) -> Result<(), TerminationReport> {
        self.engine_start = EngineStart::None;
        self.member.rejoin();
        self.read_partitions()?;
        self.waits_since = Instant::now();
        self.save_history()
    }

    /// Reads the facts of the partitions for the next offer. No engine runs on them now.
    fn read_partitions(&mut self) -> Result<(), TerminationReport> {
        if let Some(recovery) = &self.recovery {
            self.member.set_partitions(recovery.partition_offer()?);
        }
        Ok(())
    }

    /// Prepares the engine for the round, or starts it.
    fn start_engine(&mut self) -> Result<(), TerminationReport> {
        let round = match self.member.stage() {
            Stage::InRound { round, .. } => round.clone(),
            _ => return Ok(()),
        };
        match (self.engine_start, &self.recovery, round.beginning) {
            (EngineStart::None, ..) => return Ok(()),
            (EngineStart::Trim, Some(recovery), Some(beginning)) => {
                self.poller.set(self.member.request());
                recovery.begin(beginning, round.id().to_string(), self.log)?;
                self.engine.recovery = Some(recovery.flags()?);
                self.engine_start = EngineStart::Trimmed;
                return Ok(());
            }
            (EngineStart::Trim | EngineStart::Trimmed, ..) => {
                self.engine_start = EngineStart::None;
            }
        }
        if self.member.may_start() {
            let started = self.engine.start(Stdio::inherit);
            self.running = Some(started.map_err(|error| failed(&error))?.id());
        }
        Ok(())
    }

    /// Judges an engine that has ended by itself.
    fn on_engine_end(&mut self, ending: Ending) -> Result<(), TerminationReport> {
        match judge(ending, &self.engine.report()).map_err(|error| failed(&error))? {
            Outcome::Ended => {
                let note = EndNote {
                    start: self.settings.identity.start,
                    round: self.member.end(),
                };
                self.waits_since = Instant::now();
                self.note_end(Some(&note))
            }
            Outcome::Failed(report) => Err(explained(self.recovery.as_ref(), report)),
            Outcome::Probed(_) | Outcome::Described(_) => Err(wrong_mode()),
        }
    }

    /// Writes the note of the end, in the pod and on the volume, or removes it.
    fn note_end(&self, note: Option<&EndNote>) -> Result<(), TerminationReport> {
        let volume = self.recovery.as_ref().map(Recovery::notes);
        for notes in [Some(&self.run_dir), volume.as_ref()].into_iter().flatten() {
            let noted = note.map_or_else(|| notes.drop_end(), |note| notes.note_end(note));
            noted.map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    /// Saves the history for the next `launch` in this pod.
    fn save_history(&self) -> Result<(), TerminationReport> {
        let start = self.settings.identity.start;
        self.run_dir
            .save_attempt_history(start, &self.member.history())
            .map_err(|error| failed(&error))
    }

    fn check_connections(&mut self) {
        let Stage::InRound { connected, .. } = self.member.stage() else {
            return;
        };
        if !connected
            && self.running.is_some()
            && let Ok(formation) = formed::read(Path::new("/proc/net"), &self.settings.identity)
            && formation.formed
        {
            self.member.connected();
        }
    }

    /// Writes the state for the sidecar if it has changed.
    fn publish_state(&mut self) -> Result<(), TerminationReport> {
        let start = self.settings.identity.start;
        let state = run_state(
            &self.member,
            self.running.is_some(),
            start,
            self.waits_since.elapsed(),
        );
        if state.as_ref().is_none_or(|state| *state == self.state) {
            return Ok(());
        }
        state.map_or(Ok(()), |state| self.write_state(state))
    }

    fn write_state(&mut self, state: RunState) -> Result<(), TerminationReport> {
        self.run_dir.write(&state).map_err(|error| failed(&error))?;
        self.state = state;
        Ok(())
    }
}
