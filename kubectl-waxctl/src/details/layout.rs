//! How the details of a Dataflow are laid out: fields with their names, and tables under titles.

use std::fmt::Write as _;

use gitops::table::{NONE, Table};
use unicode_width::UnicodeWidthStr as _;

/// Columns that the names of fields take.
const LABELS: usize = 18;

/// Lines of a name and a value.
#[derive(Default)]
pub(super) struct Fields {
    indent: usize,
    pub(super) text: String,
}

impl Fields {
    /// Fields below a title.
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
        // What users have written, such as an exception, may have several lines.
        let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
        let value = if value.is_empty() { NONE } else { &value };
        let label = format!("{:indent$}{label}:", "", indent = self.indent);
        let padding = (LABELS + self.indent).saturating_sub(label.width());
        let _ = writeln!(self.text, "{label}{:padding$}{value}", "");
    }
}

/// A table under a title; nothing without rows.
pub(super) fn section(title: &str, columns: &[&'static str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let table = Table::new(columns).with_heading(rows);
    let lines = table.lines().map(|line| format!("  {line}\n"));
    format!("\n{title}:\n{}", lines.collect::<String>())
}
