//! The only process of a dataflow: its engine starts at once, without a rendezvous.

use std::{io::Write, path::PathBuf, process::Stdio};

use super::{
    process::{engine, say_ended, stopped},
    recovery::{Recovery, explained},
};
use crate::{
    outcome::{Outcome, judge, wrong_mode},
    random::word,
    report::{ProcessPhase, TerminationReport},
    reporting::failed,
    settings::LaunchSettings,
    state::{EndNote, RunDir, RunState},
    supervise::Signals,
};

/// Runs the engine once and returns the exit code of the container.
pub(super) fn run(
    settings: &LaunchSettings,
    signals: &Signals,
    python: impl FnOnce() -> Result<PathBuf, TerminationReport>,
    log: &mut dyn Write,
) -> Result<i32, TerminationReport> {
    let start = settings.identity.start;
    let run_dir = RunDir::new(&settings.run_dir);
    let write_state = |phase, code| {
        run_dir
            .write(&RunState::new(start, phase, code))
            .map_err(|error| failed(&error))
    };
    let recovery = Recovery::of(settings)?;
    if run_dir.end(start).is_none() {
        write_state(ProcessPhase::Starting, None)?;
        let mut engine = engine(settings, python()?);
        if let Some(recovery) = &recovery {
            let round = word().map_err(|error| failed(&error))?;
            recovery.begin(recovery.alone()?, round, log)?;
            engine.recovery = Some(recovery.flags()?);
        }
        let child = engine
            .start(Stdio::inherit)
            .map_err(|error| failed(&error))?;
        write_state(ProcessPhase::Running, None)?;
        let done = signals
            .supervise(child.id())
            .map_err(|error| failed(&error))?;
        let note = EndNote { start, round: None };
        match (
            judge(done.ending, &engine.report()).map_err(|error| failed(&error))?,
            done.stopped_by,
        ) {
            (Outcome::Ended, _) => run_dir.note_end(&note).map_err(|error| failed(&error))?,
            (_, Some(signal)) => return Ok(stopped(signal, log)),
            (Outcome::Failed(report), None) => {
                return Err(explained(recovery.as_ref(), report));
            }
            (Outcome::Probed(_) | Outcome::Described(_), None) => return Err(wrong_mode()),
        }
        if done.stopped_by.is_some() {
            return Ok(0);
        }
    }
    write_state(ProcessPhase::Ended, Some(0))?;
    say_ended(settings, log);
    signals.wait_for_stop().map_err(|error| failed(&error))?;
    Ok(0)
}
