//! Combines the exit status of an engine with the launcher's report into one outcome.

use std::{fs, io, os::unix::process::ExitStatusExt, path::Path, process::ExitStatus};

use nix::sys::signal::Signal;
use serde::Deserialize;

use crate::report::{Description, FORMAT_VERSION, FailureKind, ProbeReport, TerminationReport};

/// The end of a process, as the kernel reports it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Ending {
    /// The process exited with this code.
    Exited(i32),
    /// This signal killed the process.
    Killed(i32),
}

/// The outcome of an engine process.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The engine reached the end of all input.
    Ended,
    /// The engine failed.
    Failed(TerminationReport),
    /// The launcher loaded the dataflow, in the mode `Probe`.
    Probed(ProbeReport),
    /// The launcher loaded the dataflow, in the mode `Describe`.
    Described(Box<Description>),
}

/// The report of the launcher; see `launcher.py`.
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
    Described(Box<Description>),
}

impl Ending {
    /// Returns the exit code as a shell would report it.
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

/// Reads the launcher's report and combines it with the exit status.
///
/// Exit code 0 alone is no success: user code that ends Python early must not look like a dataflow that reached
/// the end of its input.
///
/// # Errors
/// The report exists but cannot be read.
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
        (Some(Written::Described(report)), Ending::Exited(0)) => Outcome::Described(report),
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
            let (text, code) = unexplained(ending, written.is_some());
            Outcome::Failed(TerminationReport::new(FailureKind::EngineError, text, code))
        }
    }
}

/// Describes an end that the launcher did not report.
fn unexplained(ending: Ending, done: bool) -> (String, i32) {
    let when = if done {
        "after the dataflow had ended"
    } else {
        "while the dataflow ran"
    };
    let text = match ending {
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
    (text, ending.code().max(1))
}

/// Makes the report for a launcher whose report does not fit its mode. Only the user's code can have written
/// that.
pub(crate) fn wrong_mode() -> TerminationReport {
    let text = "the report of the launcher does not belong to this run";
    TerminationReport::new(FailureKind::EngineError, text, 1)
}

#[cfg(test)]
mod tests;
