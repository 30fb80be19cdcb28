//! What the agent says about a process: the JSON that the operator and the command line read.
//!
//! Every shape carries a format version `v`; a reader drops what is newer than it knows.

use std::fmt;

use serde::{Deserialize, Serialize};
use store::partition::PartitionFacts;
pub use store::{
    inspect::{Inspected, InspectedPartition},
    volume::Record,
};

mod backup;

pub use backup::{
    BackupAnswer, BackupFault, BackupReport, BackupRequest, BackupStatusReport, PAUSE_FACTOR,
    POD_HEADER, PointReport, PointsReport, RECENT,
};

/// The version written into every report.
pub const FORMAT_VERSION: u32 = 1;

/// The largest termination message in bytes.
///
/// The kubelet keeps 12 KiB for all containers of a pod together, so each keeps to its share.
pub const TERMINATION_LIMIT: usize = 1024;

/// Why a process ended without success.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum FailureKind {
    /// The user's own code raised while the dataflow ran.
    UserError,
    /// The user's file could not be loaded: not there, a syntax error, or it raised.
    ImportError,
    /// The file was loaded, but holds no dataflow under the given name.
    NotADataflow,
    /// Settings or arguments are wrong.
    UsageError,
    /// This process died only because another one of the same dataflow did.
    PeerLost,
    /// The engine failed, or the process was killed.
    EngineError,
    /// The image has no Python that has Bytewax.
    NoPython,
    /// What lies on a recovery volume does not fit the orders, or the orders contradict themselves.
    StoreRefused,
    /// Somebody else is on a recovery volume.
    StoreBusy,
    /// A recovery volume has no room left.
    DiskFull,
}

/// The cause of a failure, as it stands in the container's termination message.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TerminationReport {
    /// [`FORMAT_VERSION`] of the writer.
    pub v: u32,
    /// What kind of failure it is.
    pub kind: FailureKind,
    /// The exception in Python's words (`ValueError: bad row`), or a sentence of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exception: Option<String>,
    /// The id of the step that failed, as the user's file built it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// The user's file, relative to the folder of the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in that file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// The container's exit code.
    pub exit_code: i32,
}

/// What a file that could be loaded holds.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbeReport {
    /// [`FORMAT_VERSION`] of the writer.
    pub v: u32,
    /// The dataflow's own id.
    pub flow: String,
    /// The ids of all steps, inner ones included, in the order they were built.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<String>,
    /// The ids under which the engine stores state: of the innermost steps that keep any.
    #[serde(default)]
    pub stateful: Vec<String>,
    /// Those of `stateful` whose state is a window's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<String>,
    /// The version of the engine.
    pub engine: String,
    /// Whether ids were left out to keep to [`TERMINATION_LIMIT`]; never in the log.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub truncated: bool,
}

/// A termination message, or the last line of a probe's log.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PodMessage {
    /// The process failed.
    Failed(TerminationReport),
    /// The probe succeeded.
    Probed(ProbeReport),
}

/// Where a process stands in its present start.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// The engine has not been started yet.
    Starting,
    /// The engine runs.
    Running,
    /// All input came to its end in this start; nothing is run again.
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
    /// The start number this pod was made for.
    pub start: i64,
    /// The revision this pod was made for.
    pub revision: String,
    /// The index of this process.
    pub process: u32,
    /// How many processes the dataflow has.
    pub processes: u32,
    /// Where the process stands.
    pub phase: Phase,
    /// Whether this process is connected to all others (alone: whether the engine serves).
    pub formed: bool,
    /// To how many others it is connected.
    pub peers: u32,
    /// The engine's last exit code, if it ended.
    pub exit_code: Option<i32>,
    /// Which round of this start runs or ran last, if there are several processes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<u32>,
    /// What the process waits for before its engine may start, or before all have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<String>,
    /// It waits longer than others should take; `waits` names who is missing or differs.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overdue: bool,
}

/// The answer of `GET /v1/store`; 404 without recovery.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StoreReport {
    /// [`FORMAT_VERSION`] of the writer.
    pub v: u32,
    /// The start number this pod was made for.
    pub start: i64,
    /// The index of this process.
    pub process: u32,
    /// Our record of the volume; none on one that was never used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<Record>,
    /// What lies on the volume, by index.
    pub partitions: Vec<PartitionReport>,
    /// The dataflow as the engine that runs, or ran last, has loaded it; without the list of all
    /// its steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow: Option<ProbeReport>,
    /// How the copies in the bucket stand; none without backups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<BackupReport>,
}

/// What `inspect` prints: the volumes of a store that nobody has a ledger of.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct InspectionReport {
    /// [`FORMAT_VERSION`] of the writer.
    pub v: u32,
    /// What was found, by ordinal.
    pub volumes: Vec<Inspected>,
}

/// One partition on a volume.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartitionReport {
    /// Its index by its name.
    pub index: u32,
    /// What it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<PartitionFacts>,
    /// The ids of the steps that have state in it.
    #[serde(default)]
    pub steps: Vec<String>,
    /// Why it says nothing.
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
    /// Why it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl FailureKind {
    /// Returns the word that stands in the JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UserError => "UserError",
            Self::ImportError => "ImportError",
            Self::NotADataflow => "NotADataflow",
            Self::UsageError => "UsageError",
            Self::PeerLost => "PeerLost",
            Self::EngineError => "EngineError",
            Self::NoPython => "NoPython",
            Self::StoreRefused => "StoreRefused",
            Self::StoreBusy => "StoreBusy",
            Self::DiskFull => "DiskFull",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TerminationReport {
    /// Makes a report that has only a sentence, no place in the user's code.
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

    /// Says the failure in one line for people.
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
        let step = self.step.as_ref().map(|step| format!("step {step}"));
        match [step, place].into_iter().flatten().collect::<Vec<_>>() {
            parts if parts.is_empty() => exception,
            parts => format!("{exception} ({})", parts.join(", ")),
        }
    }

    /// Writes the report as one line of JSON of at most [`TERMINATION_LIMIT`] bytes.
    ///
    /// The exception is what gets shortened: place and step are what leads to the fault.
    #[must_use]
    pub fn to_line(&self) -> String {
        let mut report = self.clone();
        for field in [&mut report.step, &mut report.file].into_iter().flatten() {
            // JSON makes six bytes of a control character; without those both always fit.
            *field = field.replace(char::is_control, "?");
            shorten(field, TERMINATION_LIMIT / 8);
        }
        loop {
            let line = serde_json::to_string(&report).expect("a report is plain data");
            let over = line.len().saturating_sub(TERMINATION_LIMIT);
            match &mut report.exception {
                Some(text) if over > 0 => {
                    // Cutting by the whole excess cuts too much where characters are escaped (six
                    // bytes for one); by a sixth of it, again and again, comes close.
                    shorten(text, text.len().saturating_sub((over / 6).max(4)));
                }
                _ => return line,
            }
        }
    }
}

impl PodMessage {
    /// Reads the last line that is not empty of a termination message or log.
    ///
    /// Returns nothing if that line is not one of ours, or of a newer format.
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
                        // A part of what state hangs on would be mistaken for all of it.
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
    /// Whether `stateful` is all there is.
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

/// Cuts a text to at most `limit` bytes, the mark of the cut included, between two characters.
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
