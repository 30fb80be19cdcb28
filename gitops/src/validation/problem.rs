//! Collects the problems of one folder.

use super::found::{Checked, Flow, Problem, Severity};
use crate::edit::line_of;

/// The problems of one folder.
#[derive(Debug)]
pub(super) struct Problems {
    folder: String,
    found: Vec<Problem>,
}

/// The problems of one YAML document, which find their lines by the paths of fields.
pub(super) struct InFile<'a> {
    problems: &'a mut Problems,
    file: String,
    /// Number of lines before the document.
    offset: usize,
    text: &'a str,
}

impl Problems {
    /// Begins with none. The folder is empty for the current one.
    pub(super) fn in_folder(folder: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            found: Vec::new(),
        }
    }

    /// Returns the path of a file of the folder.
    pub(super) fn path(&self, file: &str) -> String {
        match self.folder.as_str() {
            "" => file.to_owned(),
            folder => format!("{folder}/{file}"),
        }
    }

    /// Returns the collection for a document that begins after `offset` lines of a file.
    pub(super) fn at<'a>(&'a mut self, file: &str, offset: usize, text: &'a str) -> InFile<'a> {
        InFile {
            file: self.path(file),
            problems: self,
            offset,
            text,
        }
    }

    /// Adds an error of a whole file.
    pub(super) fn error(&mut self, file: &str, rule: &'static str, message: &str) {
        self.add(file, None, Severity::Error, rule, message, "");
    }

    /// Adds a problem.
    pub(super) fn add(
        &mut self,
        file: &str,
        line: Option<usize>,
        severity: Severity,
        rule: &'static str,
        message: &str,
        remedy: &str,
    ) {
        self.found.push(Problem {
            file: self.path(file),
            line,
            severity,
            rule,
            message: message.to_owned(),
            remedy: remedy.to_owned(),
        });
    }

    /// Ends the collection.
    pub(super) fn checked(self, flow: Option<Flow>) -> Checked {
        let mut problems = self.found;
        problems.sort();
        problems.dedup();
        Checked { flow, problems }
    }
}

impl InFile<'_> {
    /// Adds an error at a field. An empty path means the document.
    pub(super) fn error(&mut self, field: &str, rule: &'static str, message: &str, remedy: &str) {
        let line = line_of(self.text, field);
        self.push(
            line,
            Severity::Error,
            rule,
            &with_field(field, message),
            remedy,
        );
    }

    /// Adds a warning at a field.
    pub(super) fn warning(&mut self, field: &str, rule: &'static str, message: &str, remedy: &str) {
        let line = line_of(self.text, field);
        self.push(
            line,
            Severity::Warning,
            rule,
            &with_field(field, message),
            remedy,
        );
    }

    /// Adds an error at a line of the document.
    pub(super) fn error_at(&mut self, line: Option<usize>, rule: &'static str, message: &str) {
        self.push(line, Severity::Error, rule, message, "");
    }

    fn push(
        &mut self,
        line: Option<usize>,
        severity: Severity,
        rule: &'static str,
        message: &str,
        remedy: &str,
    ) {
        self.problems.found.push(Problem {
            file: self.file.clone(),
            line: line.map(|line| line + self.offset),
            severity,
            rule,
            message: message.to_owned(),
            remedy: remedy.to_owned(),
        });
    }
}

fn with_field(field: &str, message: &str) -> String {
    match field {
        "" => message.to_owned(),
        field if message.starts_with(':') => format!("{field}{message}"),
        field => format!("{field} {message}"),
    }
}
