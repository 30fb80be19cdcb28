//! One process of several: its engine runs only in a round that all of them start together.

use std::{
    fs,
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
        Gang, Member, Order, Patience, Stage,
        wire::{Asker, Heard, Place, Served, ask_once},
    },
    report::{FailureKind, Phase, TerminationReport},
    settings::LaunchSettings,
    state::{EndNote, RunDir, RunState},
    supervise::{Signals, end, reap},
    telling::{failed, refused, say},
};

/// How often it is seen what time alone changes.
const GLANCE: Duration = Duration::from_millis(250);
/// How long the end may wait for others to hear of it.
const FAREWELL: Duration = Duration::from_millis(500);

enum Event {
    Signal(Signal),
    Heard(Box<Heard>),
}

struct Together<'a> {
    settings: &'a LaunchSettings,
    log: &'a mut dyn Write,
    run_dir: RunDir,
    events: Receiver<Event>,
    asker: Asker,
    place: Place,
    member: Member,
    /// Of process 0.
    served: Option<Served>,
    engine: Engine,
    recovery: Option<Recovery>,
    running: Option<u32>,
    /// It may start, once what is there has been trimmed and all that is known by then heard.
    start: Option<Trimmed>,
    waits_since: Instant,
    seen: Instant,
    state: RunState,
}

/// Whether the partitions have been trimmed for the round.
#[derive(Clone, Copy, PartialEq)]
struct Trimmed(bool);

/// Runs the engine, in as many rounds as it takes, and returns the exit code of the container.
pub(super) fn run(
    settings: &LaunchSettings,
    signals: Signals,
    python: impl FnOnce() -> Result<PathBuf, TerminationReport>,
    log: &mut dyn Write,
) -> Result<i32, TerminationReport> {
    let recovery = Recovery::of(settings)?;
    let mut together =
        Together::new(settings, signals, recovery, log).map_err(|error| failed(&error))?;
    together.set(together.state.clone())?;
    together.engine.python = python()?;
    let result = together.go_on();
    if result.is_err() {
        together.farewell();
    }
    result
}

impl<'a> Together<'a> {
    fn new(
        settings: &'a LaunchSettings,
        signals: Signals,
        recovery: Option<Recovery>,
        log: &'a mut dyn Write,
    ) -> io::Result<Self> {
        let own = &settings.member;
        let gang = Gang {
            revision: own.revision.clone(),
            processes: own.processes,
            start: own.start,
        };
        let run_dir = RunDir::new(&settings.run_dir);
        let terms = recovery.as_ref().map(Recovery::terms);
        let served = hosting::start(own, &gang, terms, &run_dir)?;
        let past = run_dir.past(own.start);
        let mut member = Member::new(gang, own.process, Patience::USUAL, past, word()?);
        let notes = recovery.as_ref().map(Recovery::notes);
        let end = |notes: &RunDir| notes.end(own.start).and_then(|note| note.round);
        if let Some(round) = end(&run_dir).or_else(|| notes.as_ref().and_then(end)) {
            member = member.ended(round);
        }
        let (tell, events) = channel();
        let heard = tell.clone();
        // The receiver lives as long as this process has anything to do.
        signals.pass_on(move |signal| drop(tell.send(Event::Signal(signal))))?;
        let place = hosts::rendezvous(own);
        let asker = Asker::start(place.clone(), member.request(), move |answer| {
            drop(heard.send(Event::Heard(Box::new(answer))));
        })?;
        Ok(Self {
            settings,
            log,
            events,
            asker,
            place,
            member,
            served,
            engine: engine(settings, PathBuf::new()),
            recovery,
            running: None,
            start: None,
            waits_since: Instant::now(),
            seen: Instant::now(),
            state: RunState::new(own.start, Phase::Starting, None),
            run_dir,
        })
    }

    fn go_on(&mut self) -> Result<i32, TerminationReport> {
        self.show()?;
        self.remember()?;
        self.asker.ask(self.member.request());
        loop {
            let pause = if self.start.is_some() {
                Duration::ZERO
            } else {
                GLANCE
            };
            let mut event = self.events.recv_timeout(pause);
            self.member.pass(self.seen.elapsed());
            self.seen = Instant::now();
            // An answer that is there already may be what makes the next step right.
            while let Ok(present) = event {
                if let Some(code) = self.take(present)? {
                    return Ok(code);
                }
                event = self
                    .events
                    .try_recv()
                    .map_err(|_| RecvTimeoutError::Timeout);
            }
            if let Some(order) = self.member.look() {
                self.obey(order)?;
            }
            self.start_engine()?;
            self.look_at_connections();
            self.recovery.iter_mut().for_each(Recovery::look);
            self.asker.ask(self.member.request());
            self.tell()?;
        }
    }

    /// Takes in what happened; gives the exit code if that is the end.
    fn take(&mut self, event: Event) -> Result<Option<i32>, TerminationReport> {
        match event {
            Event::Heard(heard) => {
                let Heard { asked, at, answer } = *heard;
                match answer {
                    Ok(answer) => {
                        if let Some(order) = self.member.hear(&asked, answer, at.elapsed()) {
                            self.obey(order)?;
                        }
                        self.remember()?;
                    }
                    Err(why) => self.member.unheard(why),
                }
            }
            Event::Signal(Signal::SIGCHLD) => {
                let ending = reap(self.running.unwrap_or(0)).map_err(|error| failed(&error))?;
                // Whatever else has died is none of ours.
                if let Some(ending) = ending
                    && let Some(engine) = self.running.take()
                {
                    engine::kill(engine).map_err(|error| failed(&error))?;
                    self.ended(ending)?;
                }
            }
            Event::Signal(signal) => return self.stop(signal).map(Some),
        }
        Ok(None)
    }

    fn obey(&mut self, order: Order) -> Result<(), TerminationReport> {
        match order {
            Order::Start => self.start = Some(Trimmed(false)),
            Order::EndEngine(why) => {
                let ran = self.running.is_some();
                if let Some(ending) = self.end_engine()? {
                    return self.ended(ending);
                }
                if ran {
                    say(self.log, &format!("the engine was ended: {why}"));
                }
                self.offer_again()?;
            }
            Order::AllEnded => say_ended(self.settings, self.log),
            Order::Refuse => {
                let why = match self.member.stage() {
                    Stage::Refused { why } => why.clone(),
                    _ => String::new(),
                };
                return Err(refused(why));
            }
            Order::Reopened => {
                self.note_end(None)?;
                if self.recovery.is_some() {
                    say(
                        self.log,
                        "another process has not come to the end; this one goes on, too",
                    );
                    return self.offer_again();
                }
                let text = "another process started anew after this one had come to the end of \
                            its input";
                return Err(TerminationReport::new(FailureKind::PeerLost, text, 1));
            }
        }
        Ok(())
    }

    fn offer_again(&mut self) -> Result<(), TerminationReport> {
        self.start = None;
        self.member.rejoin();
        self.show()?;
        self.waits_since = Instant::now();
        self.remember()
    }

    /// Reads what the partitions say now that no engine runs.
    fn show(&mut self) -> Result<(), TerminationReport> {
        if let Some(recovery) = &self.recovery {
            self.member.show(recovery.stock()?);
        }
        Ok(())
    }

    /// Starts the engine. Trimming may take long, so whether the round still holds is heard after it.
    fn start_engine(&mut self) -> Result<(), TerminationReport> {
        let round = match self.member.stage() {
            Stage::Given { round, .. } => round.clone(),
            _ => return Ok(()),
        };
        match (self.start, &self.recovery, round.beginning) {
            (None, ..) => return Ok(()),
            (Some(Trimmed(false)), Some(recovery), Some(beginning)) => {
                self.asker.ask(self.member.request());
                recovery.begin(beginning, round.id().to_string(), self.log)?;
                self.engine.recovery = Some(recovery.flags()?);
                self.start = Some(Trimmed(true));
                return Ok(());
            }
            (Some(_), ..) => self.start = None,
        }
        if self.member.may_start() {
            let started = self.engine.start(Stdio::inherit);
            self.running = Some(started.map_err(|error| failed(&error))?.id());
        }
        Ok(())
    }

    /// The engine has ended by itself.
    fn ended(&mut self, ending: Ending) -> Result<(), TerminationReport> {
        match judge(ending, &self.engine.report()).map_err(|error| failed(&error))? {
            Outcome::Ended => {
                let note = EndNote {
                    start: self.settings.member.start,
                    round: self.member.end(),
                };
                self.waits_since = Instant::now();
                self.note_end(Some(&note))
            }
            Outcome::Failed(report) => Err(explained(self.recovery.as_ref(), report)),
            Outcome::Probed(_) => Err(wrong_mode()),
        }
    }

    /// Notes the end, or that it was none, in the pod and on the volume.
    fn note_end(&self, note: Option<&EndNote>) -> Result<(), TerminationReport> {
        let volume = self.recovery.as_ref().map(Recovery::notes);
        for notes in [Some(&self.run_dir), volume.as_ref()].into_iter().flatten() {
            let noted = match note {
                Some(note) => {
                    fs::create_dir_all(notes.folder()).and_then(|()| notes.note_end(note))
                }
                None => notes.drop_end(),
            };
            noted.map_err(|error| failed(&error))?;
        }
        Ok(())
    }

    fn stop(&mut self, signal: Signal) -> Result<i32, TerminationReport> {
        if let Some(ending) = self.end_engine()? {
            self.ended(ending)?;
        }
        if let Some(served) = &self.served {
            served.close(&self.member.farewell(), FAREWELL);
        } else {
            self.farewell();
        }
        match self.member.stage() {
            Stage::Ended { .. } => Ok(0),
            _ => Ok(stopped(signal, self.log)),
        }
    }

    /// Ends the engine; gives how it ended if it had by itself before.
    fn end_engine(&mut self) -> Result<Option<Ending>, TerminationReport> {
        match self.running.take() {
            Some(engine) => end(engine).map_err(|error| failed(&error)),
            None => Ok(None),
        }
    }

    /// Says that this process goes, and keeps what it hears of process 0's going.
    fn farewell(&mut self) {
        let question = self.member.farewell();
        if let (Some(served), Stage::Refused { .. }) = (&self.served, self.member.stage()) {
            // The others are to know it, too.
            served.close(&question, FAREWELL);
        } else if self.served.is_none()
            && let Ok(answer) = ask_once(&self.place, &question, FAREWELL)
        {
            self.member.hear(&question, answer, Duration::ZERO);
            drop(self.remember());
        }
    }

    fn remember(&self) -> Result<(), TerminationReport> {
        let start = self.settings.member.start;
        self.run_dir
            .note_past(start, &self.member.record())
            .map_err(|error| failed(&error))
    }

    fn look_at_connections(&mut self) {
        let open = matches!(
            self.member.stage(),
            Stage::Given {
                connected: false,
                ..
            }
        );
        if open
            && self.running.is_some()
            && let Ok(seen) = formed::look(Path::new("/proc/net"), &self.settings.member)
            && seen.formed
        {
            self.member.connected();
        }
    }

    /// Writes down where it stands, if that is something new.
    fn tell(&mut self) -> Result<(), TerminationReport> {
        let start = self.settings.member.start;
        let state = run_state(
            &self.member,
            self.running.is_some(),
            start,
            self.waits_since.elapsed(),
        );
        if state.as_ref().is_none_or(|state| *state == self.state) {
            return Ok(());
        }
        state.map_or(Ok(()), |state| self.set(state))
    }

    fn set(&mut self, state: RunState) -> Result<(), TerminationReport> {
        self.run_dir.write(&state).map_err(|error| failed(&error))?;
        self.state = state;
        Ok(())
    }
}
