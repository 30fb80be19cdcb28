//! A dataflow on this machine: as many engines as asked for, beside each other, the way pods run
//! them. Nothing is printed here; the caller takes events.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc::channel,
};

use crate::{
    engine::EngineError,
    python::{self, NoPython},
    report::TerminationReport,
};
use gang::RunningGang;

mod gang;
mod load;

pub use load::{LoadError, load};

/// What to run.
#[derive(Clone, Debug)]
pub struct LocalRun {
    /// The folder the code lies in; the engines' current folder.
    pub workdir: PathBuf,
    /// The dataflow's import string (`simple.py`, `pkg/mod.py:get_flow(5)`).
    pub python_file: String,
    /// How many processes, at least 1.
    pub processes: u32,
    /// Worker threads in each, at least 1.
    pub workers: u32,
    /// Variables for the user's code.
    pub env: Vec<(String, String)>,
    /// An existing empty folder.
    pub scratch: PathBuf,
    /// `PATH`, where Python is looked for.
    pub search_path: Option<OsString>,
}

/// Where a line was written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// What happens while it runs.
#[derive(Debug)]
pub enum LocalEvent<'a> {
    /// A process was started.
    Started {
        /// Its index.
        process: u32,
        /// Its process id.
        pid: u32,
        /// The Python it runs under.
        python: &'a Path,
    },
    /// A process wrote a line.
    Line {
        /// Its index.
        process: u32,
        /// Where it wrote it.
        stream: Stream,
        /// The line, without its end.
        text: &'a [u8],
    },
    /// A process ended.
    Exited {
        /// Its index.
        process: u32,
        /// Its exit code, 128 and more for a signal.
        code: i32,
    },
    /// Ctrl-C or a request to stop came; all processes are being ended.
    Interrupted,
}

/// How it ended.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LocalOutcome {
    /// The exit code of the whole: 0, that of the process at fault, or 130 after Ctrl-C.
    pub code: i32,
    /// What failed in which process, the ones at fault before the ones they took along.
    pub failures: Vec<(u32, TerminationReport)>,
}

/// It could not be run.
#[derive(Debug, Error)]
pub enum LocalError {
    /// There is no Python with Bytewax.
    #[error(transparent)]
    NoPython(#[from] NoPython),
    /// An engine could not be started.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The system refused something else.
    #[error("{doing}")]
    System {
        /// What was being done.
        doing: &'static str,
        /// What the system said.
        source: io::Error,
    },
}

/// Runs it to its end. Ends all processes when one fails, or on Ctrl-C.
///
/// Blocks; it must not be called from within an asynchronous runtime, and it takes over Ctrl-C for
/// the rest of the program's life.
///
/// # Errors
/// There is no Python with Bytewax, or the system refuses something.
pub fn run(
    run: &LocalRun,
    on_event: &mut dyn FnMut(LocalEvent<'_>),
) -> Result<LocalOutcome, LocalError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(system("the runtime cannot be started"))?;
    runtime.block_on(async {
        // Before the first engine: a Ctrl-C from here on ends them, too.
        let mut stop = Stop::new()?;
        let python = python::find(run.search_path.as_deref())?;
        let (lines, mut written) = channel(1024);
        let mut gang = RunningGang::start(run, &python, &lines, on_event)?;
        drop(lines);
        let interrupted = gang.attend(&mut written, &mut stop, on_event).await?;
        gang.drain(&mut written, on_event).await;
        Ok(gang.outcome(interrupted))
    })
}

fn system(doing: &'static str) -> impl FnOnce(io::Error) -> LocalError {
    move |source| LocalError::System { doing, source }
}

struct Stop {
    interrupt: Signal,
    terminate: Signal,
}

impl Stop {
    fn new() -> Result<Self, LocalError> {
        let on = |kind| signal(kind).map_err(system("Ctrl-C cannot be waited for"));
        Ok(Self {
            interrupt: on(SignalKind::interrupt())?,
            terminate: on(SignalKind::terminate())?,
        })
    }

    async fn asked(&mut self) -> i32 {
        tokio::select! {
            _ = self.interrupt.recv() => 130,
            _ = self.terminate.recv() => 143,
        }
    }
}
