//! Formats tables in the form that kubectl uses: headings, three spaces between columns, no borders.

use unicode_width::UnicodeWidthStr;

/// Number of spaces between two columns, as in kubectl.
const GAP: usize = 3;

/// Width of the narrowest column together with its gap, as in kubectl.
const NARROWEST: usize = 6;

/// Text of a cell without a value, as in kubectl.
pub const NONE: &str = "<none>";

/// A table in which every column is as wide as its widest cell so far.
///
/// While watching, rows arrive one by one. Widths only grow, so new rows are aligned with earlier rows unless a wider
/// cell arrives.
#[derive(Debug, Clone)]
pub struct Table {
    headings: Vec<String>,
    widths: Vec<usize>,
    /// Text of a cell that is empty.
    empty: &'static str,
}

impl Table {
    /// Creates a table with the headings of its columns.
    #[must_use]
    pub fn new<T: AsRef<str>>(headings: &[T]) -> Self {
        Self {
            headings: headings
                .iter()
                .map(|heading| heading.as_ref().to_owned())
                .collect(),
            widths: vec![NARROWEST - GAP; headings.len()],
            empty: NONE,
        }
    }

    /// Returns the table with empty cells left empty.
    #[must_use]
    pub fn with_empty_cells(self) -> Self {
        Self { empty: "", ..self }
    }

    /// Returns the heading line and `rows`, each line ended by a newline.
    pub fn with_heading(&mut self, rows: &[Vec<String>]) -> String {
        let headings = self.headings.clone();
        self.measure(std::slice::from_ref(&headings));
        self.measure(rows);
        let mut text = self.line(&headings);
        text.push_str(&self.lines(rows));
        text
    }

    /// Returns `rows` without the heading, aligned with everything returned before.
    pub fn rows(&mut self, rows: &[Vec<String>]) -> String {
        self.measure(rows);
        self.lines(rows)
    }

    fn measure(&mut self, rows: &[Vec<String>]) {
        for row in rows {
            for (width, cell) in self.widths.iter_mut().zip(row) {
                *width = (*width).max(one_line(cell, self.empty).width());
            }
        }
    }

    fn lines(&self, rows: &[Vec<String>]) -> String {
        rows.iter().map(|row| self.line(row)).collect()
    }

    fn line(&self, cells: &[String]) -> String {
        let mut line = String::new();
        for (index, (cell, width)) in cells.iter().zip(&self.widths).enumerate() {
            let cell = one_line(cell, self.empty);
            line.push_str(&cell);
            if index + 1 < cells.len() {
                let padding = width.saturating_sub(cell.width()) + GAP;
                line.extend(std::iter::repeat_n(' ', padding));
            }
        }
        line.push('\n');
        line
    }
}

/// Returns the text of a cell in one line: `empty` if it is empty, with spaces instead of control characters.
fn one_line(cell: &str, empty: &str) -> String {
    if cell.is_empty() {
        return empty.to_owned();
    }
    cell.chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn column_is_as_wide_as_widest_cell() {
        let mut table = Table::new(&["DATAFLOW", "PHASE", "AGE"]);
        let text = table.with_heading(&[
            row(&["orders", "Running", "5m"]),
            row(&["日本語の流れ", "", "12s"]),
        ]);
        insta::assert_snapshot!(text, @r"
        DATAFLOW       PHASE     AGE
        orders         Running   5m
        日本語の流れ   <none>    12s
        ");
    }

    #[test]
    fn later_rows_are_aligned_with_headings() {
        let mut table = Table::new(&["DATAFLOW", "AGE"]);
        let first = table.with_heading(&[row(&["a-rather-long-name", "1s"])]);
        let second = table.rows(&[row(&["b", "2s"])]);
        assert_eq!(first.lines().nth(1).unwrap().find("1s"), second.find("2s"));
    }

    #[test]
    fn cell_with_newline_stays_on_one_line() {
        let mut table = Table::new(&["REASON"]);
        assert_eq!(
            table.rows(&[row(&["one\ntwo\u{1b}[31m"])]),
            "one two [31m\n"
        );
    }
}
