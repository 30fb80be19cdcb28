//! Loads a dataflow on this machine without running it, and returns its steps.

use std::{
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use thiserror::Error;

use super::{
    error::{LocalError, system},
    event::LocalRun,
};
use crate::{
    engine::{self, Engine, Mode},
    outcome::{Ending, Outcome, judge, wrong_mode},
    python,
    report::{ProbeReport, TerminationReport},
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
}

/// Loads the dataflow in the user's Python. The output of its code is discarded.
///
/// # Errors
/// There is no Python with Bytewax, the code has a fault, or it does not load within the deadline.
pub fn load(run: &LocalRun, deadline: Duration) -> Result<ProbeReport, LoadError> {
    let python = python::find(run.search_path.as_deref()).map_err(LocalError::from)?;
    let engine = Engine {
        python,
        workdir: run.workdir.clone(),
        scratch: run.scratch.clone(),
        python_file: run.python_file.clone(),
        mode: Mode::Probe,
        workers: 1,
        gang: None,
        recovery: None,
        web: None,
        env: run.env.clone(),
    };
    let child = engine.start(Stdio::null).map_err(LocalError::from)?;
    let ending = wait(child, deadline)?;
    let outcome = judge(ending, &engine.report()).map_err(system("cannot read the report"));
    match outcome? {
        Outcome::Probed(report) => Ok(report),
        Outcome::Failed(report) => Err(LoadError::Failed(report)),
        Outcome::Ended => Err(LoadError::Failed(wrong_mode())),
    }
}

fn wait(mut child: Child, deadline: Duration) -> Result<Ending, LoadError> {
    let started = Instant::now();
    loop {
        let ended = child.try_wait().map_err(system("cannot wait for Python"))?;
        let late = started.elapsed() >= deadline;
        if ended.is_some() || late {
            // The whole group, since the code may have started processes.
            engine::kill(child.id()).map_err(system("cannot stop Python"))?;
        }
        match ended {
            Some(status) => return Ok(status.into()),
            None if late => {
                child.wait().map_err(system("cannot wait for Python"))?;
                return Err(LoadError::TooLong(deadline));
            }
            None => thread::sleep(POLL_INTERVAL),
        }
    }
}
