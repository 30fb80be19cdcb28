//! The main process of a pod: starts the engine, tells how it ended, and does not run it again
//! after the end of all input.

use std::{
    error::Error,
    ffi::OsStr,
    fs::{self, File},
    io::{self, Read, Write},
    path::Path,
    process::Stdio,
};

use nix::sys::signal::Signal;
use recovery::{Recovery, explained};

use crate::{
    engine::{Engine, Gang, Mode, WebServer},
    hosts::host_file,
    outcome::{Outcome, judge},
    python,
    report::{FailureKind, Phase, PodMessage, TerminationReport},
    settings::LaunchSettings,
    state::{EndNote, RunDir, RunState},
    supervise::Signals,
};

mod hosting;
mod recovery;
mod room;
mod standing;
mod together;

/// The exit code of an image without the right Python, as a shell says "command not found".
pub(crate) const NO_PYTHON: i32 = 127;

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
    let find = || {
        python::find(search_path).map_err(|error| {
            TerminationReport::new(FailureKind::NoPython, error.to_string(), NO_PYTHON)
        })
    };
    if settings.member.processes > 1 {
        return together::run(settings, signals, find, log);
    }
    let start = settings.member.start;
    let run_dir = RunDir::new(&settings.run_dir);
    let set = |phase, code| {
        run_dir
            .write(&RunState::new(start, phase, code))
            .map_err(|error| failed(&error))
    };
    let recovery = recovery(settings)?;
    if run_dir.end(start).is_none() {
        set(Phase::Starting, None)?;
        let mut engine = engine(settings, find()?);
        if let Some(recovery) = &recovery {
            let round = word().map_err(|error| failed(&error))?;
            recovery.begin(recovery.alone()?, round, log)?;
            engine.recovery = Some(recovery.flags()?);
        }
        let child = engine
            .start(Stdio::inherit)
            .map_err(|error| failed(&error))?;
        set(Phase::Running, None)?;
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
            (Outcome::Probed(_), None) => return Err(wrong_mode()),
        }
        if done.stopped_by.is_some() {
            return Ok(0);
        }
    }
    set(Phase::Ended, Some(0))?;
    say_ended(settings, log);
    signals.wait_for_stop().map_err(|error| failed(&error))?;
    Ok(0)
}

/// Takes the recovery volume, if there is one.
fn recovery(settings: &LaunchSettings) -> Result<Option<Recovery>, TerminationReport> {
    settings.recovery.as_ref().map(Recovery::enter).transpose()
}

/// Makes a random word.
pub(crate) fn word() -> io::Result<String> {
    let mut bytes = [0; 12];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

fn stopped(signal: Signal, log: &mut dyn Write) -> i32 {
    say(log, &format!("stopped by {signal}"));
    128 + signal as i32
}

fn say_ended(settings: &LaunchSettings, log: &mut dyn Write) {
    let stays = if settings.keep_alive {
        "the pod is kept alive"
    } else {
        "waiting to be stopped"
    };
    let start = settings.member.start;
    let text = format!("all input has come to its end in start {start}; {stays}");
    say(log, &text);
}

fn engine(settings: &LaunchSettings, python: std::path::PathBuf) -> Engine {
    let LaunchSettings {
        member,
        workers,
        python_file,
        workdir,
        run_dir,
        ..
    } = settings;
    Engine {
        python,
        workdir: workdir.clone(),
        scratch: run_dir.clone(),
        python_file: python_file.clone(),
        mode: Mode::Run,
        workers: *workers,
        gang: host_file(member).map(|host_file| Gang {
            process: member.process,
            host_file,
        }),
        recovery: None,
        web: Some(WebServer {
            port: member.engine_port,
            cache: run_dir.clone(),
        }),
        env: Vec::new(),
    }
}

/// Makes a report of what went wrong on our own side.
pub(crate) fn failed(error: &dyn Error) -> TerminationReport {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    TerminationReport::new(FailureKind::EngineError, text, 1)
}

/// Makes a report of a launcher that did not do what it was told; only the user's code can have
/// written such a thing.
pub(crate) fn wrong_mode() -> TerminationReport {
    let text = "the launcher's report is not of this run";
    TerminationReport::new(FailureKind::EngineError, text, 1)
}

/// Writes one line of ours into the container's log.
pub(crate) fn say(log: &mut dyn Write, text: &str) {
    // A log that nobody takes any more is no reason to fail.
    drop::<io::Result<()>>(writeln!(log, "waxrun: {text}"));
}

/// Writes the termination message for the kubelet.
pub(crate) fn leave_message(path: &Path, message: &PodMessage, log: &mut dyn Write) {
    if let Err(error) = fs::write(path, message.to_line()) {
        say(
            log,
            &format!("{} cannot be written: {error}", path.display()),
        );
    }
}
