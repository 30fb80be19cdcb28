//! Loading a dataflow on this machine without running it, to see what is in it.

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

/// How often to look whether it is done.
const GLANCE: Duration = Duration::from_millis(10);

/// A dataflow could not be loaded.
#[derive(Debug, Error)]
pub enum LoadError {
    /// Nothing could be tried.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// Its code has a fault.
    #[error("{}", .0.sentence())]
    Failed(TerminationReport),
    /// It took too long.
    #[error("it did not load within {} s", .0.as_secs())]
    TooLong(Duration),
}

/// Loads the dataflow in the user's own Python. What its code prints is lost.
///
/// # Errors
/// There is no Python with Bytewax, the code has a fault, or it does not come to an end.
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
    let outcome = judge(ending, &engine.report()).map_err(system("the report cannot be read"));
    match outcome? {
        Outcome::Probed(report) => Ok(report),
        Outcome::Failed(report) => Err(LoadError::Failed(report)),
        Outcome::Ended => Err(LoadError::Failed(wrong_mode())),
    }
}

fn wait(mut child: Child, deadline: Duration) -> Result<Ending, LoadError> {
    let started = Instant::now();
    loop {
        let ended = child.try_wait().map_err(system("Python was lost"))?;
        let late = started.elapsed() >= deadline;
        if ended.is_some() || late {
            // Also what the code has started; a group that is gone is no error.
            engine::kill(child.id()).map_err(system("Python cannot be ended"))?;
        }
        match ended {
            Some(status) => return Ok(status.into()),
            None if late => {
                child.wait().map_err(system("Python was lost"))?;
                return Err(LoadError::TooLong(deadline));
            }
            None => thread::sleep(GLANCE),
        }
    }
}
