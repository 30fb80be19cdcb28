//! The error for code that does not fit into a ConfigMap.

use std::collections::BTreeMap;
use std::path::Path;

use dataflow::code;

use super::git_rules::OWN_FILE;
use crate::error::CommandError;

/// Number of names in the message.
const NAMES_SHOWN: usize = 3;

/// Creates the error for a file that is too large.
pub(super) fn too_large(path: &Path, what: &str, bytes: u64) -> CommandError {
    refusal(path, &format!("with {what} it has {} KiB", bytes / 1024))
}

/// Creates the error for a folder whose files are too large together. It names the largest parts.
pub(super) fn folder_too_large(path: &Path, files: &[(&str, u64)]) -> CommandError {
    let mut parts: BTreeMap<String, u64> = BTreeMap::new();
    for (file, bytes) in files {
        let part = match file.split_once('/') {
            Some((folder, _)) => format!("{folder}/"),
            None => (*file).to_owned(),
        };
        *parts.entry(part).or_default() += bytes;
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    let largest: Vec<_> = parts
        .iter()
        .take(NAMES_SHOWN)
        .map(|(part, bytes)| format!("{part} {} KiB", bytes / 1024))
        .collect();
    let all: u64 = parts.iter().map(|(_, bytes)| bytes).sum();
    let error = refusal(
        path,
        &format!("it has {} KiB: {}", all / 1024, largest.join(", ")),
    );
    error.hint(format!(
        "leave out what is no code: name it in {}, as in a .gitignore",
        path.join(OWN_FILE).display()
    ))
}

fn refusal(path: &Path, has: &str) -> CommandError {
    CommandError::usage(format!("the code in {} is too large", path.display()))
        .because(has)
        .because(format!(
            "a ConfigMap can contain at most {} KiB",
            code::MAX_BYTES / 1024
        ))
        .hint("keep data out of the code: put it into the image, or let the flow fetch it")
}
