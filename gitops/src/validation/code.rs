//! Checks the code of a flow without running it: its entry point, its size, and secrets in it.

use std::collections::BTreeMap;

use dataflow::code::{MAX_BYTES, WARN_BYTES};

use super::entry_point;
use super::found::{Severity, with_causes};
use super::problem::Problems;
use crate::file_change::FileChange;
use crate::layout::{self, DATAFLOW, KUSTOMIZATION};
use crate::rendered::Rendered;
use crate::scan::scan;

/// The remedy for a secret.
pub(super) const REMEDY: &str = "put it into a Secret and replace it, or mark the line with `waxctl:allow-secret` if it is \
                                harmless";

/// Checks the code. `text` is that of the resource.
pub(super) fn check(
    rendered: &Rendered,
    text: &str,
    files: &BTreeMap<String, Vec<u8>>,
    problems: &mut Problems,
) {
    secrets(rendered, files, problems);
    if rendered.code.is_empty() {
        return;
    }
    match layout::code_paths(rendered) {
        Ok(paths) => {
            let reference = &rendered.dataflow.spec.python_file_name;
            if let Some(missing) = entry_point::check(reference, &paths) {
                problems.at(DATAFLOW, 0, text).error(
                    "spec.pythonFileName",
                    "entry-point",
                    &missing.message,
                    &missing.remedy,
                );
            }
            if rendered.dataflow.spec.tar_name.is_none() {
                unlisted(&paths, files, problems);
            }
        }
        Err(error) => problems.error(DATAFLOW, "code", &with_causes(&error)),
    }
    let size = rendered.code.packed_size();
    let message = format!("the code has {} KiB", size / 1024);
    let file = if files.contains_key(KUSTOMIZATION) {
        KUSTOMIZATION
    } else {
        DATAFLOW
    };
    if size > MAX_BYTES {
        let message = format!(
            "{message}, but a ConfigMap can contain at most {} KiB",
            MAX_BYTES / 1024
        );
        let remedy = "keep data out of the code: put it into the image, or let the flow fetch it";
        problems.add(file, None, Severity::Error, "code-size", &message, remedy);
    } else if size > WARN_BYTES {
        let remedy = "apply it with server-side apply (Argo CD: `ServerSideApply=true`)";
        problems.add(file, None, Severity::Warning, "code-size", &message, remedy);
    }
}

/// Adds each Python file of the folder that no ConfigMap contains.
fn unlisted(paths: &[String], files: &BTreeMap<String, Vec<u8>>, problems: &mut Problems) {
    let is_code = |path: &&String| path.ends_with(".py") && !paths.contains(path);
    for path in files.keys().filter(is_code) {
        let message = "is in no ConfigMap, so the pods do not have it";
        let remedy = format!("add it to `configMapGenerator` in {KUSTOMIZATION}, or remove it");
        problems.add(
            path,
            None,
            Severity::Warning,
            "not-listed",
            message,
            &remedy,
        );
    }
}

/// Adds each text that looks like a secret. The text itself is never shown.
fn secrets(rendered: &Rendered, files: &BTreeMap<String, Vec<u8>>, problems: &mut Problems) {
    let change = |(path, bytes): (&String, &Vec<u8>)| FileChange {
        path: path.clone(),
        old: None,
        new: Some(bytes.clone()),
    };
    let changes: Vec<FileChange> = files.iter().map(change).collect();
    for finding in scan("", rendered, &changes).new {
        let (place, line) = with_line(&finding.place);
        let message = format!("contains {}", finding.what);
        if files.contains_key(place) {
            problems.add(place, line, Severity::Error, "secret", &message, REMEDY);
        } else {
            // A file in an archive, or the name of a file.
            let message = finding.to_string();
            problems.add(DATAFLOW, None, Severity::Error, "secret", &message, REMEDY);
        }
    }
}

/// Splits the place of a finding into the file and the line.
pub(super) fn with_line(place: &str) -> (&str, Option<usize>) {
    match place.rsplit_once(" line ") {
        Some((file, line)) => (file, line.parse().ok()),
        None => (place, None),
    }
}
