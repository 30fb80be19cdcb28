//! The processes of one local run, from the first start to the last line.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, BufRead, BufReader, Read},
    net::TcpListener,
    path::Path,
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use tokio::{
    sync::mpsc::{Receiver, Sender},
    time::{Instant, MissedTickBehavior, interval, timeout_at},
};

use super::{
    error::{LocalError, system},
    event::{LocalEvent, LocalOutcome, LocalRun, Stream},
    stop::Stop,
    trace::TraceFilter,
};
use crate::{
    engine::{self, Engine, Gang, Inherited, Mode},
    hosts::local_host_file,
    outcome::{Ending, Outcome, judge},
    report::FailureKind,
};

/// How long processes may take to exit by themselves after one has failed.
///
/// Race: the process at fault may exit after those that fail because of it, and only it knows the reason.
const EXIT_TIMEOUT: Duration = Duration::from_secs(3);

/// How long processes may take to close their sources and sinks after an interruption. Ctrl-C ends a run within a second.
const INTERRUPT_TIMEOUT: Duration = Duration::from_millis(700);

/// How long the last lines may take after an interruption.
const LAST_LINES_TIMEOUT: Duration = Duration::from_millis(100);

/// How often the run checks whether a process has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

pub(super) struct Written {
    process: u32,
    stream: Stream,
    text: Vec<u8>,
}

struct Process {
    index: u32,
    engine: Engine,
    child: Child,
    exit: Option<Exit>,
}

/// The end of a process, by itself or by the run.
struct Exit {
    outcome: Outcome,
    /// Whether the run killed it; then its report does not matter.
    by_us: bool,
}

/// The processes of one run. Dropping it kills those that still run.
pub(super) struct RunningGang {
    processes: Vec<Process>,
    killed: bool,
    /// After an interruption, the filters of what the processes print.
    traces: Option<BTreeMap<u32, TraceFilter>>,
}

impl Drop for RunningGang {
    fn drop(&mut self) {
        // An error cannot be reported here.
        drop(self.kill_all());
        for process in self
            .processes
            .iter_mut()
            .filter(|process| process.exit.is_none())
        {
            drop(process.child.wait());
        }
    }
}

impl RunningGang {
    pub(super) fn start(
        run: &LocalRun,
        python: &Path,
        lines: &Sender<Written>,
        on_event: &mut dyn FnMut(LocalEvent<'_>),
    ) -> Result<Self, LocalError> {
        let ports = free_ports(run.processes).map_err(system("cannot find free ports"))?;
        let hosts = local_host_file(&ports);
        let mut gang = Self {
            processes: Vec::new(),
            killed: false,
            traces: None,
        };
        for index in 0..run.processes {
            let scratch = run.scratch.join(index.to_string());
            fs::create_dir_all(&scratch).map_err(system("cannot create a folder for a process"))?;
            let engine = Engine {
                python: python.to_path_buf(),
                workdir: run.workdir.clone(),
                scratch,
                python_file: run.python_file.clone(),
                mode: Mode::Run,
                workers: run.workers,
                gang: hosts.clone().map(|host_file| Gang {
                    process: index,
                    host_file,
                }),
                recovery: None,
                web: None,
                inherited: Inherited::All,
                env: run.env.clone(),
            };
            let mut child = engine.start(Stdio::piped)?;
            let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
            read_lines(index, Stream::Stdout, stdout, lines.clone());
            read_lines(index, Stream::Stderr, stderr, lines.clone());
            on_event(LocalEvent::Started {
                process: index,
                pid: child.id(),
                python,
            });
            gang.processes.push(Process {
                index,
                engine,
                child,
                exit: None,
            });
        }
        Ok(gang)
    }

    /// Forwards lines until all processes have ended; returns the exit code of an interruption.
    pub(super) async fn attend(
        &mut self,
        written: &mut Receiver<Written>,
        stop: &mut Stop,
        on_event: &mut dyn FnMut(LocalEvent<'_>),
    ) -> Result<Option<i32>, LocalError> {
        let mut interrupted = None;
        let mut deadline: Option<Instant> = None;
        let mut ticks = interval(POLL_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while self.processes.iter().any(|process| process.exit.is_none()) {
            tokio::select! {
                Some(line) = written.recv() => self.forward(line, on_event),
                _ = ticks.tick() => {
                    let failed = self.check_exits(on_event)?;
                    if failed && deadline.is_none() {
                        deadline = Some(Instant::now() + EXIT_TIMEOUT);
                    }
                    if deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                        self.kill_all().map_err(system("cannot stop a process"))?;
                    }
                }
                code = stop.asked() => {
                    if interrupted.replace(code).is_none() {
                        on_event(LocalEvent::Interrupted);
                        self.traces = Some(BTreeMap::new());
                        self.interrupt_all().map_err(system("cannot stop a process"))?;
                        deadline = Some(Instant::now() + INTERRUPT_TIMEOUT);
                    } else {
                        self.kill_all().map_err(system("cannot stop a process"))?;
                    }
                }
            }
        }
        Ok(interrupted)
    }

    /// Records the processes that have ended; returns true if one of them failed.
    fn check_exits(
        &mut self,
        on_event: &mut dyn FnMut(LocalEvent<'_>),
    ) -> Result<bool, LocalError> {
        let mut failed = false;
        for process in self
            .processes
            .iter_mut()
            .filter(|process| process.exit.is_none())
        {
            let status = process
                .child
                .try_wait()
                .map_err(system("cannot watch a process"))?;
            if let Some(status) = status {
                let ending = Ending::from(status);
                let outcome = judge(ending, &process.engine.report())
                    .map_err(system("cannot read a report"))?;
                failed |= outcome != Outcome::Ended;
                process.exit = Some(Exit {
                    outcome,
                    by_us: self.killed,
                });
                engine::kill(process.child.id()).map_err(system("cannot stop a process"))?;
                on_event(LocalEvent::Exited {
                    process: process.index,
                    code: ending.code(),
                });
            }
        }
        Ok(failed)
    }

    /// Forwards the last lines. A detached child of a process may keep its output open forever, hence the timeout: of each
    /// line, so that a slow reader loses none, and after an interruption of all of them.
    pub(super) async fn drain(
        &mut self,
        written: &mut Receiver<Written>,
        on_event: &mut dyn FnMut(LocalEvent<'_>),
    ) {
        let last = Instant::now() + LAST_LINES_TIMEOUT;
        loop {
            let deadline = match self.traces {
                Some(_) => last,
                None => Instant::now() + EXIT_TIMEOUT,
            };
            let Ok(Some(line)) = timeout_at(deadline, written.recv()).await else {
                break;
            };
            self.forward(line, on_event);
        }
        for (process, filter) in self.traces.take().into_iter().flatten() {
            show(process, Stream::Stderr, &filter.finish(), on_event);
        }
    }

    fn forward(&mut self, line: Written, on_event: &mut dyn FnMut(LocalEvent<'_>)) {
        let Written {
            process,
            stream,
            text,
        } = line;
        let lines = match &mut self.traces {
            Some(filters) if stream == Stream::Stderr => {
                filters.entry(process).or_default().push(text)
            }
            _ => vec![text],
        };
        show(process, stream, &lines, on_event);
    }

    fn kill_all(&mut self) -> io::Result<()> {
        self.killed = true;
        self.running()
            .try_for_each(|process| engine::kill(process.child.id()))
    }

    fn interrupt_all(&self) -> io::Result<()> {
        self.running()
            .try_for_each(|process| engine::interrupt(process.child.id()))
    }

    fn running(&self) -> impl Iterator<Item = &Process> {
        self.processes
            .iter()
            .filter(|process| process.exit.is_none())
    }

    pub(super) fn outcome(&self, interrupted: Option<i32>) -> LocalOutcome {
        let mut failures = Vec::new();
        let mut all_ended = true;
        for process in &self.processes {
            match &process.exit {
                Some(Exit {
                    outcome: Outcome::Ended,
                    ..
                }) => continue,
                Some(Exit {
                    outcome: Outcome::Failed(report),
                    by_us: false,
                }) => {
                    failures.push((process.index, report.clone()));
                }
                _ => {}
            }
            all_ended = false;
        }
        failures.sort_by_key(|(_, report)| report.kind == FailureKind::PeerLost);
        let code = match (all_ended, interrupted, failures.first()) {
            (true, _, _) => 0,
            (false, Some(code), _) => {
                failures.clear(); // They only report the interruption.
                code
            }
            (false, None, Some((_, report))) => report.exit_code,
            (false, None, None) => 1,
        };
        LocalOutcome { code, failures }
    }
}

fn show(process: u32, stream: Stream, lines: &[Vec<u8>], on_event: &mut dyn FnMut(LocalEvent<'_>)) {
    for text in lines {
        on_event(LocalEvent::Line {
            process,
            stream,
            text,
        });
    }
}

/// Returns free ports. All of them are held at the same time, so that they differ.
fn free_ports(count: u32) -> io::Result<Vec<u16>> {
    let held: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind(("127.0.0.1", 0)))
        .collect::<io::Result<_>>()?;
    held.iter()
        .map(|listener| listener.local_addr().map(|address| address.port()))
        .collect()
}

/// Forwards the lines of one stream in a thread of its own, until its end or until the receiver is gone.
fn read_lines(
    process: u32,
    stream: Stream,
    source: Option<impl Read + Send + 'static>,
    lines: Sender<Written>,
) {
    let source = source.expect("the engine was started with pipes");
    thread::spawn(move || {
        let mut reader = BufReader::new(source);
        let mut text = Vec::new();
        while reader
            .read_until(b'\n', &mut text)
            .is_ok_and(|length| length > 0)
        {
            if text.last() == Some(&b'\n') {
                text.pop();
            }
            let line = Written {
                process,
                stream,
                text: std::mem::take(&mut text),
            };
            if lines.blocking_send(line).is_err() {
                return;
            }
        }
    });
}
