//! The main process of a pod: starts the engine, tells how it ended, and does not run it again
//! after the end of all input.

use std::{ffi::OsStr, io::Write};

use crate::{
    python,
    report::{Phase, PodMessage, TerminationReport},
    settings::LaunchSettings,
    state::{RunDir, RunState},
    supervise::Signals,
    telling::{failed, leave_message, no_python, say},
};

mod alone;
mod hosting;
mod process;
mod recovery;
mod room;
mod run_state;
mod together;

/// Runs the engine to its end and returns the exit code of the container.
///
/// After the end of all input it stays until it is told to stop: the kubelet would start a
/// container that has exited again, and the dataflow with it. A failure always ends it.
pub fn launch(settings: &LaunchSettings, search_path: Option<&OsStr>, log: &mut dyn Write) -> i32 {
    match run(settings, search_path, log) {
        Ok(code) => code,
        Err(report) => {
            let state = RunState::new(settings.member.start, Phase::Failed, Some(report.exit_code));
            // The termination message and the exit code say the same; one failing must not hide it.
            if let Err(error) = RunDir::new(&settings.run_dir).write(&state) {
                say(log, &format!("the state cannot be written: {error}"));
            }
            let code = report.exit_code;
            say(log, &format!("{}: {}", report.kind, report.sentence()));
            leave_message(&settings.termination_log, &PodMessage::Failed(report), log);
            code
        }
    }
}

fn run(
    settings: &LaunchSettings,
    search_path: Option<&OsStr>,
    log: &mut dyn Write,
) -> Result<i32, TerminationReport> {
    let signals = Signals::block().map_err(|error| failed(&error))?;
    let find = || python::find(search_path).map_err(|error| no_python(&error));
    if settings.member.processes > 1 {
        together::run(settings, signals, find, log)
    } else {
        alone::run(settings, &signals, find, log)
    }
}
