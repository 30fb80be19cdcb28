//! The layout of a Dataflow's details: labelled fields, and tables under titles.

use std::fmt::Write as _;

use gitops::table::{NONE, Table};
use unicode_width::UnicodeWidthStr as _;

/// Width of the labels, in columns.
const LABELS: usize = 18;

/// Lines with a label and a value.
#[derive(Default)]
pub(super) struct Fields {
    indent: usize,
    pub(super) text: String,
}

impl Fields {
    /// Starts fields below a title.
    pub(super) fn indented() -> Self {
        Self {
            indent: 2,
            text: String::new(),
        }
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers make the texts for this"
    )]
    pub(super) fn add(&mut self, label: &str, value: String) {
        // A value such as an exception can have several lines.
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        let value = if value.is_empty() { NONE } else { &value };
        let label = format!("{:indent$}{label}:", "", indent = self.indent);
        let padding = (LABELS + self.indent).saturating_sub(label.width());
        let _ = writeln!(self.text, "{label}{:padding$}{value}", "");
    }
}

/// Returns a table under a title, or an empty text without rows.
pub(super) fn section(title: &str, columns: &[&'static str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let table = Table::new(columns).with_heading(rows);
    let lines = table.lines().map(|line| format!("  {line}\n"));
    format!("\n{title}:\n{}", lines.collect::<String>())
}
