//! Warns of input files that change while the state of the flow holds offsets into them.

use super::reading::{Reading, files, keeps_state};
use crate::rendered::Rendered;

/// Sources of the engine that resume at an offset in a file.
const SOURCES: [&str; 3] = ["FileSource", "CSVSource", "DirSource"];

/// Returns a warning for each file of the code that changes and that a resuming source reads.
///
/// Lines that are only appended are no reason for one, since the old offset stays right.
pub(super) fn changed_inputs(old: &Rendered, new: &Rendered) -> Vec<String> {
    if !keeps_state(old) || !keeps_state(new) {
        return Vec::new();
    }
    let (before, after) = (files(old), files(new));
    let changed: Vec<_> = before
        .iter()
        .filter(|(path, _)| !path.ends_with(".py"))
        .filter_map(|(path, was)| match after.get(path) {
            None => Some((path, "is removed")),
            Some(now) if now.starts_with(was) => None,
            Some(_) => Some((path, "changes")),
        })
        .collect();
    if changed.is_empty() {
        return Vec::new();
    }
    let reading = Reading::of(new);
    let warning = |(path, what): (&String, &str)| {
        let (file, line) = reader(&reading, path)?;
        Some(format!(
            "{path} {what}, and {file}:{line} reads it: a flow that keeps state resumes at its old offset in the file"
        ))
    };
    changed.into_iter().filter_map(warning).collect()
}

/// Returns a warning for each source that reads a relative path which the code does not have.
pub(super) fn missing(reading: &Reading<'_>) -> Vec<String> {
    let known = files(reading.rendered);
    let mut warnings = Vec::new();
    for (file, statements) in &reading.reached.files {
        for statement in statements {
            let calls = SOURCES.iter().flat_map(|source| statement.calls(source));
            for (from, to) in calls {
                let call = statement.text.get(from..to).unwrap_or_default();
                let literal = statement.literals_in(from, to).next();
                // A path that is put together from several parts is not known here.
                let Some(literal) = literal.filter(|_| is_literal(call)) else {
                    continue;
                };
                let path = literal.value.as_str();
                if !path.starts_with(['/', '{']) && !known.keys().any(|known| covers(path, known)) {
                    warnings.push(format!(
                        "{file}:{} reads {path}, which SOURCE does not have: put it there, or read it from a volume \
                         (`extraVolumeMounts`)",
                        statement.line
                    ));
                }
            }
        }
    }
    warnings
}

/// Returns true if the first argument is a string, or a `Path` of one string.
fn is_literal(call: &str) -> bool {
    let first = call.split(',').next().unwrap_or_default();
    let first: String = first.split_whitespace().collect();
    let value = first.strip_prefix("path=").unwrap_or(&first);
    matches!(value, "\"\"" | "Path(\"\")" | "pathlib.Path(\"\")")
}

/// Returns the place that reads a file of the code.
fn reader<'a>(reading: &'a Reading<'_>, path: &str) -> Option<(&'a str, usize)> {
    for (file, statements) in &reading.reached.files {
        for statement in statements {
            let named = SOURCES
                .iter()
                .flat_map(|source| statement.calls(source))
                .any(|(from, to)| {
                    statement
                        .literals_in(from, to)
                        .any(|literal| covers(&literal.value, path))
                });
            if named {
                return Some((file, statement.line));
            }
        }
        let resumes = statements.iter().find(|found| {
            SOURCES
                .iter()
                .any(|source| found.calls(source).next().is_some())
        });
        let constant = statements.iter().any(|statement| {
            statement.assignment().is_some()
                && statement
                    .literals
                    .iter()
                    .any(|literal| covers(&literal.value, path))
        });
        // The path is in a variable.
        if let Some(found) = resumes.filter(|_| constant) {
            return Some((file, found.line));
        }
    }
    None
}

/// Returns true if a path in the code is this file, or a folder around it.
fn covers(value: &str, path: &str) -> bool {
    let value = value.trim_start_matches("./").trim_end_matches('/');
    let value = value.rsplit("{}/").next().unwrap_or(value);
    !value.is_empty()
        && path
            .strip_prefix(value)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
