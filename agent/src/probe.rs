//! The role `probe`: loads the dataflow as `launch` would and reports its steps, without running it.
//!
//! The probe pod is a trial load of a new revision, no probe of the kubelet.

use std::{
    ffi::OsStr,
    fs,
    io::{self, Write},
    process::Stdio,
};

use crate::{
    engine::{Engine, Inherited, Mode},
    outcome::{Outcome, judge, wrong_mode},
    python,
    report::{FailureKind, PodMessage, ProbeReport, TerminationReport},
    reporting::{failed, leave_message, no_python, say},
    settings::ProbeSettings,
    supervise::Signals,
};

/// Loads the dataflow and returns the exit code of the container.
///
/// The report of the steps, or of the failure, is the last line of the log and the termination message.
pub fn probe(
    settings: &ProbeSettings,
    search_path: Option<&OsStr>,
    out: &mut dyn Write,
    log: &mut dyn Write,
) -> i32 {
    let (message, line, code) = match run(settings, search_path) {
        Ok(report) => {
            let line = report.to_log_line();
            (PodMessage::Probed(report), line, 0)
        }
        Err(report) => {
            let (line, code) = (report.to_line(), report.exit_code);
            say(log, &format!("{}: {}", report.kind, report.sentence()));
            (PodMessage::Failed(report), line, code)
        }
    };
    leave_message(&settings.termination_log, &message, log);
    // The termination message has the report, too, in case the log is gone.
    drop::<io::Result<()>>(writeln!(out, "{line}"));
    code
}

fn run(
    settings: &ProbeSettings,
    search_path: Option<&OsStr>,
) -> Result<ProbeReport, TerminationReport> {
    let signals = Signals::block().map_err(|error| failed(&error))?;
    fs::create_dir_all(&settings.scratch).map_err(|error| failed(&error))?;
    let python = python::find(search_path).map_err(|error| no_python(&error))?;
    let engine = Engine {
        python,
        workdir: settings.workdir.clone(),
        scratch: settings.scratch.clone(),
        python_file: settings.python_file.clone(),
        mode: Mode::Probe,
        workers: 1,
        gang: None,
        recovery: None,
        web: None,
        inherited: Inherited::All,
        env: Vec::new(),
    };
    let child = engine
        .start(Stdio::inherit)
        .map_err(|error| failed(&error))?;
    let done = signals
        .supervise(child.id())
        .map_err(|error| failed(&error))?;
    if let Some(signal) = done.stopped_by {
        let text = format!("the probe was stopped by {signal}");
        return Err(TerminationReport::new(
            FailureKind::EngineError,
            text,
            128 + signal as i32,
        ));
    }
    match judge(done.ending, &engine.report()).map_err(|error| failed(&error))? {
        Outcome::Probed(report) => Ok(report),
        Outcome::Failed(report) => Err(report),
        Outcome::Ended | Outcome::Described(_) => Err(wrong_mode()),
    }
}
