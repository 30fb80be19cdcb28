//! The flow of one file with its problems, and where it is.

use serde::Serialize;

use crate::environment::APPS;

/// The identity of one flow and where it is defined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// Path of the file with the resource.
    pub file: String,
    /// Line of its name.
    pub line: Option<usize>,
    /// The folder in which its name must be unique, such as `apps/prod`. Folders beside it can be for other clusters.
    pub scope: String,
    /// Namespace, if one is written.
    pub namespace: Option<String>,
    /// Name of the Dataflow.
    pub name: String,
}

/// The result for one resource. Without a flow and without problems there is none.
#[derive(Debug, Default)]
pub struct Checked {
    /// The flow, unless its file cannot be read.
    pub flow: Option<Flow>,
    /// Its problems.
    pub problems: Vec<Problem>,
}

/// Whether a problem makes the check fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The flow cannot run as it is written, or must not be committed.
    Error,
    /// The flow can run, but this is probably a mistake.
    Warning,
}

/// One problem of one file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// Path of the file.
    pub file: String,
    /// Number of the line, from 1, if it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Whether it makes the check fail.
    pub severity: Severity,
    /// Name of the check, such as `entry-point`. Names stay the same in later releases.
    pub rule: &'static str,
    /// The problem, in words that can follow the path of a field.
    pub message: String,
    /// The remedy, as an instruction; empty if the problem says it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub remedy: String,
}

impl Problem {
    /// Returns the problem and its remedy as one text.
    #[must_use]
    pub fn text(&self) -> String {
        match self.remedy.as_str() {
            "" => self.message.clone(),
            remedy => format!("{}; {remedy}", self.message),
        }
    }
}

/// Returns the problem of a file or folder that is not checked. If the check cannot succeed without it, this is an error.
#[must_use]
pub fn not_checked(file: &str, reason: &str, needed: bool) -> Problem {
    Problem {
        file: file.to_owned(),
        line: None,
        severity: match needed {
            true => Severity::Error,
            false => Severity::Warning,
        },
        rule: "not-checked",
        message: format!("is not checked: {reason}"),
        remedy: String::new(),
    }
}

/// Returns the environment of a folder `.../apps/ENV/NAME`, or an empty text.
pub(super) fn environment(path: &str) -> &str {
    let mut parts = path.rsplit('/').skip(1);
    match (parts.next(), parts.next()) {
        (Some(environment), Some(APPS)) => environment,
        _ => "",
    }
}

/// Returns the folder that contains a file or a folder; empty for the current one.
pub(super) fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// Returns an error with its causes in one text.
pub(super) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
