//! Counts the changed lines of each file, in the form of `git diff --stat`.

use similar::{ChangeTag, TextDiff};

use crate::file_change::FileChange;

/// Returns one line for each file: its path, and the numbers of added and removed lines.
#[must_use]
pub fn stat(changes: &[FileChange]) -> String {
    let width = changes
        .iter()
        .map(|change| change.path.chars().count())
        .max()
        .unwrap_or(0);
    changes
        .iter()
        .map(|change| format!(" {:width$} | {}\n", change.path, counts(change)))
        .collect()
}

fn counts(change: &FileChange) -> String {
    let text = |bytes: &Option<Vec<u8>>| String::from_utf8(bytes.clone().unwrap_or_default());
    let (Ok(old), Ok(new)) = (text(&change.old), text(&change.new)) else {
        let size = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        return format!(
            "binary, {} -> {} bytes",
            size(&change.old),
            size(&change.new)
        );
    };
    let diff = TextDiff::from_lines(&old, &new);
    let count = |tag| {
        diff.iter_all_changes()
            .filter(|change| change.tag() == tag)
            .count()
    };
    format!(
        "+{} -{}",
        count(ChangeTag::Insert),
        count(ChangeTag::Delete)
    )
}
