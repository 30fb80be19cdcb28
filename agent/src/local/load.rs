//! Loads a dataflow on this machine without running it, and returns its steps.

use std::{
    process::{Child, Stdio},
    thread,
    time::Duration,
};

use thiserror::Error;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::{
    error::{LocalError, system},
    event::LocalRun,
    stop::Stop,
};
use crate::{
    engine::{self, Engine, Inherited, Mode},
    outcome::{Ending, Outcome, judge, wrong_mode},
    python,
    report::{Description, ProbeReport, TerminationReport},
};

/// How often to check whether the launcher has ended.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Why a dataflow could not be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The launcher could not be run.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// The code has a fault.
    #[error("{}", .0.sentence())]
    Failed(TerminationReport),
    /// Loading took too long.
    #[error("the dataflow did not load within {} s", .0.as_secs())]
    TooLong(Duration),
    /// Ctrl-C or a signal to stop arrived.
    #[error("interrupted")]
    Interrupted,
}

/// Loads the dataflow in the user's Python. The output of its code is discarded, and of the variables of the caller it
/// gets only those by which programs and libraries are found.
///
/// Blocks until the code is loaded, the deadline is over, or Ctrl-C is pressed. Then no process of its group is left.
/// It may be called in an asynchronous runtime, since it has a thread and a runtime of its own. It handles Ctrl-C until
/// the program exits.
///
/// # Errors
/// There is no Python with Bytewax, the code has a fault, it does not load within the deadline, or Ctrl-C is pressed.
pub fn load(run: &LocalRun, deadline: Duration) -> Result<ProbeReport, LoadError> {
    match outcome(run, Mode::Probe, deadline)? {
        Outcome::Probed(report) => Ok(report),
        other => Err(unfit(other)),
    }
}

/// Loads the dataflow as [`load`] does, and returns its steps with the streams between them.
///
/// # Errors
/// As [`load`].
pub fn describe(run: &LocalRun, deadline: Duration) -> Result<Description, LoadError> {
    match outcome(run, Mode::Describe, deadline)? {
        Outcome::Described(description) => Ok(*description),
        other => Err(unfit(other)),
    }
}

/// Converts an outcome that does not belong to the mode.
fn unfit(outcome: Outcome) -> LoadError {
    LoadError::Failed(match outcome {
        Outcome::Failed(report) => report,
        Outcome::Ended | Outcome::Probed(_) | Outcome::Described(_) => wrong_mode(),
    })
}

fn outcome(run: &LocalRun, mode: Mode, deadline: Duration) -> Result<Outcome, LoadError> {
    // Race: the kernel kills the launcher when the thread that started it ends, so that thread waits for it.
    thread::scope(|scope| {
        let loading = scope.spawn(|| in_runtime(run, mode, deadline));
        loading
            .join()
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn in_runtime(run: &LocalRun, mode: Mode, deadline: Duration) -> Result<Outcome, LoadError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(system("cannot start the runtime"))?;
    runtime.block_on(async {
        // Order: before the launcher, so that Ctrl-C stops it from the beginning.
        let mut stop = Stop::new()?;
        let python = python::find(run.search_path.as_deref()).map_err(LocalError::from)?;
        let engine = Engine {
            python,
            workdir: run.workdir.clone(),
            scratch: run.scratch.clone(),
            python_file: run.python_file.clone(),
            mode,
            workers: 1,
            gang: None,
            recovery: None,
            web: None,
            inherited: Inherited::Finding,
            env: run.env.clone(),
        };
        let child = engine.start(Stdio::null).map_err(LocalError::from)?;
        let mut loading = Loading { child };
        let ending = loading.wait(deadline, &mut stop).await?;
        let outcome = judge(ending, &engine.report());
        Ok(outcome.map_err(system("cannot read the report"))?)
    })
}

/// A launcher that loads code. Dropping it kills its process group, since the code may have started processes.
struct Loading {
    child: Child,
}

impl Drop for Loading {
    fn drop(&mut self) {
        // An error cannot be reported here.
        drop(engine::kill(self.child.id()));
        drop(self.child.wait());
    }
}

impl Loading {
    async fn wait(&mut self, deadline: Duration, stop: &mut Stop) -> Result<Ending, LoadError> {
        let late = Instant::now() + deadline;
        let mut ticks = interval(POLL_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                _ = stop.asked() => return Err(LoadError::Interrupted),
                now = ticks.tick() => {
                    let ended = self.child.try_wait().map_err(system("cannot wait for Python"))?;
                    match ended {
                        Some(status) => return Ok(status.into()),
                        None if now >= late => return Err(LoadError::TooLong(deadline)),
                        None => {}
                    }
                }
            }
        }
    }
}
