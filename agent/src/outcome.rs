//! How an engine process ended: its exit status and what the launcher wrote, made into one.

use std::{fs, io, os::unix::process::ExitStatusExt, path::Path, process::ExitStatus};

use nix::sys::signal::Signal;
use serde::Deserialize;

use crate::report::{FORMAT_VERSION, FailureKind, ProbeReport, TerminationReport};

/// How a process ended, as the kernel says it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// It ended by itself with this code.
    Exited(i32),
    /// This signal ended it.
    Killed(i32),
}

/// What an engine process came to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// All input came to its end.
    Ended,
    /// It failed.
    Failed(TerminationReport),
    /// It loaded the dataflow and was told to do no more.
    Probed(ProbeReport),
}

/// What the launcher writes, see `launcher.py`.
#[derive(Debug, Deserialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
enum Written {
    Ended,
    #[serde(rename_all = "camelCase")]
    Failed {
        kind: FailureKind,
        exception: Option<String>,
        step: Option<String>,
        file: Option<String>,
        line: Option<u32>,
        exit_code: i32,
    },
    Probed(ProbeReport),
}

impl Ending {
    /// Returns the exit code a shell would give.
    #[must_use]
    pub fn code(self) -> i32 {
        match self {
            Self::Exited(code) => code,
            Self::Killed(signal) => 128 + signal,
        }
    }
}

impl From<ExitStatus> for Ending {
    fn from(status: ExitStatus) -> Self {
        match (status.code(), status.signal()) {
            (Some(code), _) => Self::Exited(code),
            (None, signal) => Self::Killed(signal.unwrap_or(0)),
        }
    }
}

/// Reads the launcher's report and judges the ending by it.
///
/// A code of 0 alone is no success: code that ends Python early must not look like a dataflow
/// that came to its end.
///
/// # Errors
/// The report is there and cannot be read.
pub fn judge(ending: Ending, report: &Path) -> io::Result<Outcome> {
    let written = match fs::read(report) {
        Ok(bytes) => serde_json::from_slice(&bytes).ok(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    Ok(conclude(ending, written))
}

fn conclude(ending: Ending, written: Option<Written>) -> Outcome {
    match (written, ending) {
        (Some(Written::Ended), Ending::Exited(0)) => Outcome::Ended,
        (Some(Written::Probed(report)), Ending::Exited(0)) => Outcome::Probed(report),
        (
            Some(Written::Failed {
                kind,
                exception,
                step,
                file,
                line,
                exit_code,
            }),
            _,
        ) => {
            let code = if ending == Ending::Exited(0) {
                exit_code.max(1)
            } else {
                ending.code()
            };
            let v = FORMAT_VERSION;
            Outcome::Failed(TerminationReport {
                v,
                kind,
                exception,
                step,
                file,
                line,
                exit_code: code,
            })
        }
        (written, ending) => {
            let (said, code) = unexplained(ending, written.is_some());
            Outcome::Failed(TerminationReport::new(FailureKind::EngineError, said, code))
        }
    }
}

/// Finds words for an ending that the launcher did not foresee.
fn unexplained(ending: Ending, done: bool) -> (String, i32) {
    let when = if done {
        "after the dataflow had ended"
    } else {
        "while the dataflow ran"
    };
    let said = match ending {
        Ending::Exited(0) => "Python ended before the dataflow did, with code 0 \
                              (does the code call os._exit?)"
            .to_owned(),
        Ending::Exited(code) => {
            format!("Python ended with code {code} {when}, without an exception")
        }
        Ending::Killed(number) => {
            let name = Signal::try_from(number).map_or("a signal", Signal::as_str);
            let hint = match name {
                "SIGKILL" => " (most often: out of memory)",
                "SIGSEGV" | "SIGBUS" | "SIGILL" => " (a fault in native code)",
                _ => "",
            };
            format!("Python was killed by {name} {when}{hint}")
        }
    };
    (said, ending.code().max(1))
}

/// Makes a report of a launcher that did not do what it was told; only the user's code can have
/// written such a thing.
pub(crate) fn wrong_mode() -> TerminationReport {
    let text = "the launcher's report is not of this run";
    TerminationReport::new(FailureKind::EngineError, text, 1)
}

#[cfg(test)]
mod tests;
