//! Reports of the agent: the JSON that the operator and the command line read.
//!
//! Every report carries a format version `v`; a reader ignores reports of a newer version than its own. Fields
//! that were renamed are still read under their old names, since pods of an older agent run on when the operator
//! or the command line is upgraded.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::partition::PartitionFacts;
pub use store::{
    inspect::{Inspected, InspectedPartition},
    volume::VolumeHeader,
};

mod backup;
mod failure_kind;

pub use backup::{
    BackupAnswer, BackupFault, BackupReport, BackupRequest, BackupStatusReport, PAUSE_FACTOR,
    POD_HEADER, PointReport, PointsReport, RECENT,
};

pub use failure_kind::FailureKind;

/// The version written into every report.
pub const FORMAT_VERSION: u32 = 1;

/// The largest termination message in bytes.
///
/// The kubelet keeps 12 KiB for all containers of a pod together, so each container has a share of that.
pub const TERMINATION_LIMIT: usize = 1024;

/// A part of the launcher's message about a file that starts the engine while it is loaded.
const RUNS_ON_IMPORT: &str = " runs the flow while it is ";

/// The cause of a failure, as the container's termination message holds it.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TerminationReport {
    /// [`FORMAT_VERSION`] of the writer.
    pub v: u32,
    /// The kind of failure.
    pub kind: FailureKind,
    /// The exception as Python prints it (`ValueError: bad row`), or a message of the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// The id of the failed step, as the user's file defines it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The user's file, relative to the code folder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in that file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The container's exit code.
    pub exit_code: i32,
}

/// The dataflow in a file that could be loaded.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbeReport {
    /// [`FORMAT_VERSION`] of the writer.
    pub v: u32,
    /// The id of the flow.
    pub flow: String,
    /// The ids of all steps, inner ones included, in the order of their definition.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// The ids under which the engine stores state: those of the innermost stateful steps.
    #[serde(default)]
    pub stateful: Vec<String>,
    /// Those ids in `stateful` whose state belongs to a window.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<String>,
    /// The version of the engine.
    pub engine: String,
    /// Whether ids were left out because of [`TERMINATION_LIMIT`]; never set in the log.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// A dataflow that could be loaded, with the streams between its steps.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Description {
    /// Its steps.
    pub flow: ProbeReport,
    /// What Bytewax's `visualize` says about it, as the engine serves it at `/dataflow`.
    pub graph: Value,
}

/// A termination message, or the last line of a probe's log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PodMessage {
    /// The process failed.
    Failed(TerminationReport),
    /// The probe succeeded.
    Probed(ProbeReport),
}

/// The phase of a process in its current start.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ProcessPhase {
    /// The engine has not been started yet.
    Starting,
    /// The engine runs.
    Running,
    /// The engine reached the end of all input in this start; it does not run again.
    Ended,
    /// The engine ended without success.
    Failed,
}

/// The answer of `GET /v1/live`.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveReport {
    /// [`FORMAT_VERSION`] of the writer.
    pub v: u32,
    /// The start number of the pod.
    pub start: i64,
    /// The revision of the pod.
    pub revision: String,
    /// The index of this process.
    pub process: u32,
    /// The number of processes of the dataflow.
    pub processes: u32,
    /// The phase of the process.
    pub phase: ProcessPhase,
    /// Whether the process is connected to all others; for a single process, whether the engine serves its API.
    pub formed: bool,
    /// The number of other processes to which it is connected.
    pub peers: u32,
    /// The last exit code of the engine, if it has ended.
    pub exit_code: Option<i32>,
    /// The number of the current or last round of this start, if there are several processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// What the process waits for before its engine may start, or before all processes have ended.
    #[serde(default, skip_serializing_if = "Option::is_none", alias = "waits")]
    pub wait_reason: Option<String>,
    /// Whether it waits longer than other processes should take.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
}

/// The answer of `GET /v1/store`; 404 without recovery.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreReport {
    /// [`FORMAT_VERSION`] of the writer.
    pub v: u32,
    /// The start number of the pod.
    pub start: i64,
    /// The index of this process.
    pub process: u32,
    /// The header of the volume; none on a volume that was never used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<VolumeHeader>,
    /// The partitions on the volume, by index.
    pub partitions: Vec<PartitionReport>,
    /// The dataflow as the current or last engine has loaded it, without the list of all its steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<ProbeReport>,
    /// The status of the backup copies; none without backups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupReport>,
}

/// The output of `inspect`: the volumes of a recovery store whose ledger is lost.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct InspectionReport {
    /// [`FORMAT_VERSION`] of the writer.
    pub v: u32,
    /// The volumes, by ordinal.
    pub volumes: Vec<Inspected>,
}

/// One partition on a volume.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartitionReport {
    /// The index, taken from the file name.
    pub index: u32,
    /// The facts that the partition records about itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<PartitionFacts>,
    /// The ids of the steps that have state in the partition.
    #[serde(default)]
    pub steps: Vec<String>,
    /// Why the partition cannot be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<String>,
}

/// The answer of `GET /v1/ready`: status 200 if ready, else 503.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadyReport {
    /// [`FORMAT_VERSION`] of the writer.
    pub v: u32,
    /// Whether the process is ready.
    pub ready: bool,
    /// Why it is not ready.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl TerminationReport {
    /// Makes a report with a message only, without a place in the user's code.
    #[must_use]
    pub fn new(kind: FailureKind, exception: impl Into<String>, exit_code: i32) -> Self {
        Self {
            v: FORMAT_VERSION,
            kind,
            exception: Some(exception.into()),
            step: None,
            file: None,
            line: None,
            exit_code,
        }
    }

    /// Returns true if the user's file starts the engine while it is loaded.
    ///
    /// It has no kind of its own, since an operator of an earlier release could not read that.
    #[must_use]
    pub fn runs_on_import(&self) -> bool {
        let text = self.exception.as_deref().unwrap_or_default();
        self.kind == FailureKind::ImportError && text.contains(RUNS_ON_IMPORT)
    }

    /// Returns the failure as one line for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        let exception = match &self.exception {
            Some(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
            None => format!("{} (exit code {})", self.kind, self.exit_code),
        };
        let place = match (&self.file, self.line) {
            (Some(file), Some(line)) => Some(format!("{file}:{line}")),
            (Some(file), None) => Some(file.clone()),
            (None, _) => None,
        };
        // The place of a flow that runs on import is the beginning of its message.
        let place = place.filter(|_| !self.runs_on_import());
        // An id with spaces is quoted, so that its end can be seen.
        let step = self.step.as_ref().map(|step| {
            if step.contains(char::is_whitespace) {
                format!("step `{step}`")
            } else {
                format!("step {step}")
            }
        });
        match [step, place].into_iter().flatten().collect::<Vec<_>>() {
            parts if parts.is_empty() => exception,
            parts => format!("{exception} ({})", parts.join(", ")),
        }
    }

    /// Writes the report as one line of JSON of at most [`TERMINATION_LIMIT`] bytes.
    ///
    /// Only the exception is shortened: step and place are what leads to the fault.
    #[must_use]
    pub fn to_line(&self) -> String {
        let mut report = self.clone();
        for field in [&mut report.step, &mut report.file].into_iter().flatten() {
            // JSON writes a control character as six bytes; without those both fields always fit.
            *field = field.replace(char::is_control, "?");
            shorten(field, TERMINATION_LIMIT / 8);
        }
        loop {
            let line = serde_json::to_string(&report).expect("a report is plain data");
            let over = line.len().saturating_sub(TERMINATION_LIMIT);
            match &mut report.exception {
                Some(text) if over > 0 => {
                    // An escaped character takes six bytes, so cutting by the whole excess could cut too
                    // much. Repeatedly cutting by a sixth of it comes close.
                    shorten(text, text.len().saturating_sub((over / 6).max(4)));
                }
                _ => return line,
            }
        }
    }
}

impl PodMessage {
    /// Reads the last non-empty line of a termination message or log.
    ///
    /// Returns `None` if that line is no report, or one of a newer format.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let line = text.lines().rev().find(|line| !line.trim().is_empty())?;
        let tagged: Tagged = serde_json::from_str(line).ok()?;
        match tagged {
            Tagged { v, .. } if v > FORMAT_VERSION => None,
            Tagged { kind, .. } if kind == PROBED => {
                serde_json::from_str(line).ok().map(Self::Probed)
            }
            Tagged { .. } => serde_json::from_str(line).ok().map(Self::Failed),
        }
    }

    /// Writes the message as one line of at most [`TERMINATION_LIMIT`] bytes.
    #[must_use]
    pub fn to_line(&self) -> String {
        match self {
            Self::Failed(report) => report.to_line(),
            Self::Probed(report) => {
                let mut report = report.clone();
                loop {
                    let line = report.to_log_line();
                    if line.len() <= TERMINATION_LIMIT {
                        return line;
                    }
                    if report.steps.pop().is_none() {
                        // A part of the stateful ids would be mistaken for all of them.
                        report.stateful.clear();
                        report.windows.clear();
                    }
                    report.truncated = true;
                }
            }
        }
    }
}

impl ProbeReport {
    /// Returns true if `stateful` is complete.
    #[must_use]
    pub fn knows_state(&self) -> bool {
        !self.truncated || !self.steps.is_empty() || !self.stateful.is_empty()
    }

    /// Writes the report as one line of any length, for the log.
    #[must_use]
    pub fn to_log_line(&self) -> String {
        let tagged = TaggedProbe {
            kind: PROBED,
            report: self,
        };
        serde_json::to_string(&tagged).expect("a report is plain data")
    }
}

const PROBED: &str = "Probed";

#[derive(Deserialize)]
struct Tagged {
    v: u32,
    kind: String,
}

#[derive(Serialize)]
struct TaggedProbe<'a> {
    kind: &'static str,
    #[serde(flatten)]
    report: &'a ProbeReport,
}

/// Cuts a text between two characters to at most `limit` bytes, including the mark of the cut.
fn shorten(text: &mut String, limit: usize) {
    const MARK: &str = "...";
    if text.len() > limit {
        let mut end = limit.saturating_sub(MARK.len());
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text.push_str(MARK);
    }
}

#[cfg(test)]
mod tests;
