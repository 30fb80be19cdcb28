//! The line diff of a file or of a value with several lines.

use similar::TextDiff;

/// Number of unchanged lines that are shown around a change.
const CONTEXT: usize = 3;

/// Returns the lines of a unified diff without its header.
pub(super) fn unified(old: Option<&str>, new: Option<&str>) -> Vec<String> {
    let (before, after) = (old.unwrap_or_default(), new.unwrap_or_default());
    if before == after {
        // A binary file is shown only by its size, so both descriptions can be equal.
        return vec![format!("~{after}, different content")];
    }
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        let text = hunk.to_string();
        lines.extend(
            text.strip_suffix('\n')
                .unwrap_or(&text)
                .split('\n')
                .map(visible),
        );
    }
    lines
}

/// Replaces control characters, since they could move the cursor of a terminal or hide a change.
fn visible(line: &str) -> String {
    line.chars()
        .map(|char| match char {
            '\r' => '␍',
            '\t' => '\t',
            char if char.is_control() => '\u{fffd}',
            char => char,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_diff_shows_changes_with_context() {
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        assert_eq!(
            unified(Some(old), Some(&old.replace('5', "five"))),
            [
                "@@ -2,7 +2,7 @@",
                " 2",
                " 3",
                " 4",
                "-5",
                "+five",
                " 6",
                " 7",
                " 8"
            ]
        );
    }

    #[test]
    fn control_characters_are_shown_in_diffs() {
        assert_eq!(
            unified(Some("a\n"), Some("a\r\n\x1b[2J")),
            [
                "@@ -1 +1,2 @@",
                "-a",
                "+a␍",
                "+\u{fffd}[2J",
                "\\ No newline at end of file"
            ]
        );
        assert_eq!(
            unified(Some("(binary)"), Some("(binary)")),
            ["~(binary), different content"]
        );
    }
}
