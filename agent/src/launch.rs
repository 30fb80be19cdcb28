//! The role `launch`, the main process of a pod: starts the engine, reports how it ended, and does not
//! start it again after the end of all input.
//!
//! `alone` runs the only process of a dataflow, `gang_member` one of several. Both use `recovery` for the
//! volume and `process` for what they have in common.

use std::{ffi::OsStr, io::Write};

use crate::{
    python,
    report::{PodMessage, ProcessPhase, TerminationReport},
    reporting::{failed, leave_message, no_python, say},
    settings::LaunchSettings,
    state::{RunDir, RunState},
    supervise::Signals,
};

mod alone;
mod disk_space;
mod gang_member;
mod hosting;
mod process;
mod recovery;
mod run_state;

/// Runs the engine to its end and returns the exit code of the container.
///
/// After the end of all input it waits to be stopped: the kubelet would restart a container that has
/// exited, and the dataflow with it. A failure always ends it.
pub fn launch(settings: &LaunchSettings, search_path: Option<&OsStr>, log: &mut dyn Write) -> i32 {
    match run(settings, search_path, log) {
        Ok(code) => code,
        Err(report) => {
            let state = RunState::new(
                settings.identity.start,
                ProcessPhase::Failed,
                Some(report.exit_code),
            );
            // The termination message and the exit code report the failure, too, so this error must not hide it.
            if let Err(error) = RunDir::new(&settings.run_dir).write(&state) {
                say(log, &format!("cannot write the state: {error}"));
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
    if settings.identity.processes > 1 {
        gang_member::run(settings, signals, find, log)
    } else {
        alone::run(settings, &signals, find, log)
    }
}
