//! Log lines of a role, failure reports with their exit codes, and the termination message for the kubelet.

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

/// The exit code of an image without Python and Bytewax; a shell uses it for "command not found".
const NO_PYTHON: i32 = 127;
/// The exit code of a refused recovery store.
const REFUSED: i32 = 3;
/// The exit code if another process has locked the volume.
const BUSY: i32 = 4;
/// The exit code if a volume is full.
const FULL: i32 = 5;

/// Writes one line of the agent into the container's log.
pub(crate) fn say(log: &mut dyn Write, text: &str) {
    // A closed log is no reason to fail.
    drop::<io::Result<()>>(writeln!(log, "waxrun: {text}"));
}

/// Writes the termination message for the kubelet.
pub(crate) fn leave_message(path: &Path, message: &PodMessage, log: &mut dyn Write) {
    if let Err(error) = fs::write(path, message.to_line()) {
        say(log, &format!("cannot write {}: {error}", path.display()));
    }
}

/// Makes the report of an error in the agent itself.
pub(crate) fn failed(error: &dyn Error) -> TerminationReport {
    TerminationReport::new(FailureKind::EngineError, in_full(error), 1)
}

/// Returns the text of an error with all of its causes.
pub(crate) fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Makes the report of an image without Python and Bytewax.
pub(crate) fn no_python(error: &NoPython) -> TerminationReport {
    TerminationReport::new(FailureKind::NoPython, error.to_string(), NO_PYTHON)
}

/// Makes the report of a recovery store that cannot be used.
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

/// Makes the report of a full volume.
pub(crate) fn full(why: String) -> TerminationReport {
    TerminationReport::new(FailureKind::DiskFull, why, FULL)
}

/// Makes the report of a recovery store that cannot be resumed from.
pub(crate) fn refused(why: String) -> TerminationReport {
    TerminationReport::new(FailureKind::StoreRefused, why, REFUSED)
}
