//! Formats problems for people, programs and forges.

use std::fmt::Write as _;

use dataflow::code::Code;
use serde::Serialize;
use serde_json::json;

use super::found::{Problem, Severity};

/// The format of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `FILE:LINE: SEVERITY: MESSAGE [RULE]` lines, which editors can follow.
    Text,
    /// One JSON object with the numbers and the problems.
    Json,
    /// Workflow commands of GitHub Actions and of Forgejo, which become annotations of the changed lines.
    GitHub,
    /// A Code Quality report of GitLab.
    GitLab,
}

/// The problems of several flows.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// Number of flows that were checked.
    pub flows: usize,
    /// Number of errors.
    pub errors: usize,
    /// Number of warnings.
    pub warnings: usize,
    /// All problems, by file and line.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Creates the report.
    #[must_use]
    pub fn new(flows: usize, mut problems: Vec<Problem>) -> Self {
        problems.sort();
        problems.dedup();
        let errors = problems
            .iter()
            .filter(|problem| problem.severity == Severity::Error)
            .count();
        Self {
            flows,
            errors,
            warnings: problems.len() - errors,
            problems,
        }
    }

    /// Returns the numbers as a sentence.
    #[must_use]
    pub fn summary(&self) -> String {
        format!(
            "checked {}: {}, {}",
            count(self.flows, "flow"),
            count(self.errors, "error"),
            count(self.warnings, "warning")
        )
    }

    /// Returns the whole text of the report.
    #[must_use]
    pub fn text(&self, format: Format) -> String {
        match format {
            Format::Text => self.lines(line_for_people),
            Format::GitHub => self.lines(line_for_github),
            Format::Json => pretty(self),
            Format::GitLab => pretty(&self.problems.iter().map(for_gitlab).collect::<Vec<_>>()),
        }
    }

    fn lines(&self, line: fn(&Problem) -> String) -> String {
        self.problems
            .iter()
            .fold(String::new(), |mut text, problem| {
                let _ = writeln!(text, "{}", line(problem));
                text
            })
    }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

fn pretty<T: Serialize>(value: &T) -> String {
    let text = serde_json::to_string_pretty(value).expect("problems are texts and numbers");
    format!("{text}\n")
}

fn line_for_people(problem: &Problem) -> String {
    let line = problem
        .line
        .map(|line| format!(":{line}"))
        .unwrap_or_default();
    let severity = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let text = problem.text().replace('\n', "\n    ");
    format!(
        "{}{line}: {severity}: {text} [{}]",
        problem.file, problem.rule
    )
}

fn line_for_github(problem: &Problem) -> String {
    let level = match problem.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let line = problem
        .line
        .map(|line| format!(",line={line}"))
        .unwrap_or_default();
    format!(
        "::{level} file={}{line},title={}::{}",
        property(&problem.file),
        property(problem.rule),
        message(&problem.text())
    )
}

/// Escapes a message of a workflow command.
fn message(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property of a workflow command.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

fn for_gitlab(problem: &Problem) -> serde_json::Value {
    let severity = match problem.severity {
        Severity::Error => "critical",
        Severity::Warning => "minor",
    };
    json!({
        "description": problem.text(),
        "check_name": problem.rule,
        "fingerprint": fingerprint(problem),
        "severity": severity,
        "location": {"path": problem.file, "lines": {"begin": problem.line.unwrap_or(1)}},
    })
}

/// Returns an identity that stays the same if lines are inserted above the problem.
fn fingerprint(problem: &Problem) -> String {
    let mut code = Code::new();
    let identity = [problem.rule, &problem.file, &problem.message].join("\n");
    match code.insert("problem", identity) {
        Ok(()) => code.hash().as_str().to_owned(),
        Err(_) => String::new(),
    }
}
