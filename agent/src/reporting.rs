//! How a role tells what it has done and why it failed: lines in the log, reports with their exit
//! codes, and the message that the kubelet reads.

use std::{
    error::Error,
    fs,
    io::{self, Write},
    path::Path,
};

use store::fault::Refusal;

use crate::{
    python::NoPython,
    report::{FailureKind, PodMessage, TerminationReport},
};

/// The exit code of an image without the right Python, as a shell says "command not found".
const NO_PYTHON: i32 = 127;
/// The exit code of a store that is refused.
const REFUSED: i32 = 3;
/// The exit code when somebody else is on the volume.
const BUSY: i32 = 4;
/// The exit code when a volume has no room left.
const FULL: i32 = 5;

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

/// Makes a report of what went wrong on our own side.
pub(crate) fn failed(error: &dyn Error) -> TerminationReport {
    TerminationReport::new(FailureKind::EngineError, in_full(error), 1)
}

/// Says an error with all of its causes.
pub(crate) fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Makes a report of an image without the right Python.
pub(crate) fn no_python(error: &NoPython) -> TerminationReport {
    TerminationReport::new(FailureKind::NoPython, error.to_string(), NO_PYTHON)
}

/// Makes a report of why a store cannot be used.
pub(crate) fn refusal(error: &Refusal) -> TerminationReport {
    if error.is_busy() {
        TerminationReport::new(FailureKind::StoreBusy, error.to_string(), BUSY)
    } else if error.is_refused() {
        refused(error.to_string())
    } else if error.is_full() {
        full(in_full(error))
    } else {
        failed(error)
    }
}

/// Makes a report of a volume that has no room left.
pub(crate) fn full(why: String) -> TerminationReport {
    TerminationReport::new(FailureKind::DiskFull, why, FULL)
}

/// Makes a report of a store that is no set to resume from.
pub(crate) fn refused(why: String) -> TerminationReport {
    TerminationReport::new(FailureKind::StoreRefused, why, REFUSED)
}
