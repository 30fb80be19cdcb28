//! Finds secrets in tables: a column of a CSV file or of a table in Markdown whose heading tells of them.

use std::ops::Range;

use super::judge::{self, Form};
use super::name::{Telling, tells};

/// Headings of the column of names and of the column of values in a table of settings.
const NAMES: [&str; 6] = [
    "key",
    "name",
    "parameter",
    "property",
    "setting",
    "variable",
];
const VALUE: &str = "value";
/// Greatest number of columns that are read.
const MOST_COLUMNS: usize = 256;

/// The heading of a table.
#[derive(Debug)]
struct Heading {
    delimiter: char,
    /// Columns of secrets with their names.
    columns: Vec<(usize, String)>,
    /// The column of names and that of values.
    pair: Option<(usize, usize)>,
}

/// The table that the lines are in.
#[derive(Debug, Default)]
pub(super) struct Table {
    heading: Option<Heading>,
}

impl Table {
    /// Reads the next line. Returns the secrets in its cells with their names. `is_file` is whether the whole file is a
    /// table.
    pub(super) fn next(&mut self, line: &str, is_file: bool) -> Vec<(String, Range<usize>)> {
        let text = line.trim();
        if !is_file && !text.starts_with('|') {
            self.heading = None;
            return Vec::new();
        }
        if text.is_empty() || text.starts_with('#') {
            return Vec::new();
        }
        let form = if is_file { Form::Data } else { Form::Prose };
        let Some(heading) = &self.heading else {
            let delimiter = if is_file { delimiter(line) } else { '|' };
            let cells = cells(line, delimiter);
            self.heading = Some(Heading::new(line, delimiter, &cells));
            // A table of two columns can have no heading.
            return of_settings(line, &cells, Form::Listed);
        };
        let cells = cells(line, heading.delimiter);
        let mut found = heading.secrets(line, &cells, form);
        if found.is_empty() && heading.columns.is_empty() && is_file {
            found = of_settings(line, &cells, form);
        }
        found
    }
}

impl Heading {
    fn new(line: &str, delimiter: char, cells: &[Range<usize>]) -> Self {
        let titles = || cells.iter().map(|cell| &line[cell.clone()]).enumerate();
        // Columns of data are named `session` and `signature` too.
        let clear = |name: &str| tells(name) > Some(Telling::Weakly);
        let columns = titles().filter(|(_, title)| clear(title));
        let place = |list: &[&str]| {
            titles()
                .find(|(_, title)| list.contains(&title.to_lowercase().as_str()))
                .map(|(column, _)| column)
        };
        Self {
            delimiter,
            columns: columns
                // A heading in capitals is no variable.
                .map(|(column, title)| (column, title.to_lowercase()))
                .collect(),
            pair: place(&NAMES).zip(place(&[VALUE])),
        }
    }

    fn secrets(
        &self,
        line: &str,
        cells: &[Range<usize>],
        form: Form,
    ) -> Vec<(String, Range<usize>)> {
        let of_columns = self.columns.iter().filter_map(|(column, name)| {
            let cell = cells.get(*column)?;
            is_secret(name, &line[cell.clone()], form).then(|| (name.clone(), cell.clone()))
        });
        let mut found: Vec<_> = of_columns.collect();
        if let Some((name, value)) = self.pair
            && let (Some(name), Some(value)) = (cells.get(name), cells.get(value))
            && is_secret(&line[name.clone()], &line[value.clone()], form)
        {
            found.push((line[name.clone()].to_owned(), value.clone()));
        }
        found
    }
}

/// Returns the secret of a line that consists of a name and a value.
fn of_settings(line: &str, cells: &[Range<usize>], form: Form) -> Vec<(String, Range<usize>)> {
    let [name, value] = cells else {
        return Vec::new();
    };
    let found = is_secret(&line[name.clone()], &line[value.clone()], form);
    let found = found.then(|| (line[name.clone()].to_owned(), value.clone()));
    found.into_iter().collect()
}

fn is_secret(name: &str, value: &str, form: Form) -> bool {
    tells(name).is_some_and(|telling| judge::is_secret(name, telling, value, form))
}

/// Returns the character that separates the columns of a file.
fn delimiter(heading: &str) -> char {
    let count = |char: &char| heading.matches(*char).count();
    let delimiters = [',', ';', '\t', '|'];
    delimiters.into_iter().max_by_key(count).unwrap_or(',')
}

/// Returns the places of the cells of a line, without spaces and quotes around their texts.
fn cells(line: &str, delimiter: char) -> Vec<Range<usize>> {
    let mut cells = Vec::new();
    let mut quoted = false;
    let mut start = 0;
    let ends = line.char_indices().chain([(line.len(), delimiter)]);
    for (at, char) in ends {
        if char == '"' {
            quoted = !quoted;
        } else if (char == delimiter && !quoted) || at == line.len() {
            let cell = &line[start..at];
            let trimmed = cell.trim_start_matches([' ', '\t', '"', '`']);
            let from = at - trimmed.len();
            let text = trimmed.trim_end_matches([' ', '\t', '"', '`', '\r']);
            cells.push(from..from + text.len());
            start = at + char.len_utf8();
        }
        if cells.len() >= MOST_COLUMNS {
            break;
        }
    }
    cells
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, is_file: bool) -> Vec<&str> {
        let mut table = Table::default();
        let found = text.lines().flat_map(|line| {
            let found = table.next(line, is_file).into_iter();
            found.map(|(_, range)| &line[range]).collect::<Vec<_>>()
        });
        found.collect()
    }

    #[rstest::rstest]
    #[case("user,password,age\nann,hunter2,7\nbob,correcthorse,8", &["hunter2", "correcthorse"])]
    #[case("user;DB_PASSWORD\n\"ann\";\"hunt;er2\"", &["hunt;er2"])]
    #[case("user\tapi_key\nann\thunter2", &["hunter2"])]
    #[case("name,value\nDB_PASSWORD,hunter2", &["hunter2"])]
    #[case("DB_PASSWORD,hunter2", &["hunter2"])]
    #[case("LEVEL,info\nDB_PASSWORD,hunter2", &["hunter2"])]
    fn secret_of_file_is_found(#[case] text: &str, #[case] secrets: &[&str]) {
        assert_eq!(found(text, true), secrets);
    }

    #[rstest::rstest]
    #[case("| user | password |\n|---|---|\n| ann | hunter2 |", &["hunter2"])]
    #[case("| name | value |\n|---|---|\n| `DB_PASSWORD` | `hunter2` |", &["hunter2"])]
    fn secret_of_markdown_table_is_found(#[case] text: &str, #[case] secrets: &[&str]) {
        assert_eq!(found(text, false), secrets);
    }

    #[rstest::rstest]
    #[case("text,token_count\nhello,12345678", true)]
    #[case("token,pos\nrunning,VERB\ninternational,ADJ", true)]
    #[case("password,created_at\n,2024-01-01", true)]
    #[case("session,clicks\nx8Kd9fLq2Ws7Vb3Nz1Yt,3", true)]
    #[case("user,password_hash\nann,x8Kd9fLq2Ws7Vb3Nz1Yt", true)]
    #[case(
        "| name | meaning |\n|---|---|\n| password | the password of 2 users |",
        false
    )]
    #[case("| password |\n|---|\ntext\n| ann99 |", false)]
    fn harmless_table_has_no_secret(#[case] text: &str, #[case] is_file: bool) {
        assert_eq!(found(text, is_file), Vec::<&str>::new());
    }
}
