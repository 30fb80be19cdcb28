//! Warns of output that the end of a pod removes.

use super::reading::{Reading, variable};
use crate::python::Statement;

/// Sinks of the engine that write files.
const SINKS: [&str; 2] = ["FileSink", "DirSink"];

/// Returns a warning for each sink that writes to a relative path.
pub(super) fn relative(reading: &Reading<'_>) -> Vec<String> {
    let mut warnings = Vec::new();
    for (file, statements) in &reading.reached.files {
        for statement in statements {
            let calls = SINKS.iter().flat_map(|sink| statement.calls(sink));
            let path = calls
                .filter_map(|(from, to)| path(reading, statement, from, to))
                .find(|path| !path.starts_with(['/', '{']) && !path.is_empty());
            if let Some(path) = path {
                warnings.push(format!(
                    "{file}:{} writes {path}, which is lost at the end of the pod: the folder of the code is new at \
                     each start; write to a volume (`extraVolumeMounts`)",
                    statement.line
                ));
            }
        }
    }
    warnings
}

/// Returns the path that a call writes to: its first string, or the default of a variable that is not set.
fn path<'a>(
    reading: &Reading<'_>,
    statement: &'a Statement,
    from: usize,
    to: usize,
) -> Option<&'a str> {
    let mut literals = statement.literals_in(from, to);
    let first = literals.next()?.value.as_str();
    let call = statement.text.get(from..to).unwrap_or_default();
    if !call.contains("environ") && !call.contains("getenv") {
        return Some(first);
    }
    if variable(reading.rendered, first).is_some() {
        return None;
    }
    literals.next().map(|literal| literal.value.as_str())
}
