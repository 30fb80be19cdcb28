//! Finds secrets in statements of SQL: `IDENTIFIED BY 'x'`, and the rows of an `INSERT` below a column whose name tells.

use std::ops::Range;

use super::assign::values;
use super::judge::{self, Form};
use super::literal;
use super::name::{Telling, tells};

/// Heads of clauses with a password, and what stands directly before it. Other words can come between.
const CLAUSES: [(&str, &str); 2] = [("identified ", "by "), ("set password ", "= ")];
/// Heads of statements with the names of columns.
const INSERTS: [&str; 2] = ["insert into ", "replace into "];
/// Greatest distance in a clause, and longest name of a table.
const FARTHEST: usize = 128;
/// Greatest number of statements, clauses and rows of a line.
const MOST: usize = 64;
/// What can stand before a part of a statement in a line of a program.
const MARGIN: [char; 6] = [' ', '\t', '"', '\'', '+', ','];

/// The columns of secrets with their names.
type Columns = Vec<(usize, String)>;

/// The `INSERT` that the lines are in.
#[derive(Debug, Default)]
pub(super) enum Sql {
    /// There is none.
    #[default]
    Outside,
    /// Its columns come in the next line.
    Columns,
    /// Its rows come.
    Rows(Columns),
}

impl Sql {
    /// Reads the next line. Returns the secrets of its clauses and rows with their names.
    pub(super) fn next(&mut self, line: &str) -> Vec<(String, Range<usize>)> {
        let lower = line.to_ascii_lowercase();
        let mut found = of_clauses(line, &lower);
        let insert = INSERTS
            .iter()
            .find_map(|head| Some(lower.find(head)? + head.len()));
        let at = match insert {
            Some(at) => self.begin(line, at),
            None => self.go_on(line, &lower),
        };
        if let (Self::Rows(columns), Some(at)) = (&*self, at) {
            let rows = line[at..].match_indices('(').take(MOST);
            for (open, _) in rows {
                found.extend(of_row(line, at + open + 1, columns));
            }
            if line[at..].contains(';') {
                *self = Self::Outside;
            }
        }
        found
    }

    /// Handles a statement that begins before `at`. Returns where its rows can be.
    fn begin(&mut self, line: &str, at: usize) -> Option<usize> {
        let open = line[at..].find('(').filter(|open| *open <= FARTHEST);
        if let Some(open) = open {
            return self.columns(line, at + open + 1);
        }
        // The statement of a query has no columns in brackets.
        let is_short = line[at..].len() <= FARTHEST;
        *self = if is_short {
            Self::Columns
        } else {
            Self::Outside
        };
        None
    }

    /// Handles a line behind the first one. Returns where rows can be.
    fn go_on(&mut self, line: &str, lower: &str) -> Option<usize> {
        if matches!(self, Self::Outside) || line.trim().is_empty() {
            return None;
        }
        let text = lower.trim_start_matches(MARGIN);
        let start = line.len() - text.len();
        match self {
            Self::Columns if text.starts_with('(') => self.columns(line, start + 1),
            Self::Rows(_) if text.starts_with(['(', ')']) || text.starts_with("values") => {
                Some(start)
            }
            _ => {
                *self = Self::Outside;
                None
            }
        }
    }

    /// Reads the names of the columns, which begin at a place. Returns where they end.
    fn columns(&mut self, line: &str, start: usize) -> Option<usize> {
        let names = values(line, start);
        let end = names.last()?.end;
        let columns = names.into_iter().enumerate().filter_map(|(column, name)| {
            let name = line[name].trim().trim_matches(['"', '`', '[', ']', '\\']);
            tells(name).map(|_| (column, name.to_owned()))
        });
        let columns: Columns = columns.collect();
        if columns.is_empty() {
            *self = Self::Outside;
            return None;
        }
        *self = Self::Rows(columns);
        Some(end)
    }
}

/// Returns the secrets of the row whose values begin at a place.
fn of_row(line: &str, start: usize, columns: &[(usize, String)]) -> Vec<(String, Range<usize>)> {
    let values = values(line, start);
    let secrets = columns.iter().filter_map(|(column, name)| {
        let value = literal::at(line, values.get(*column)?.start)?;
        let is_secret = judge::is_secret(name, tells(name)?, &line[value.clone()], Form::Data);
        is_secret.then(|| (name.clone(), value))
    });
    secrets.collect()
}

/// Returns the passwords of `IDENTIFIED BY 'x'`, `IDENTIFIED WITH plugin BY 'x'` and `SET PASSWORD FOR app = 'x'`.
fn of_clauses(line: &str, lower: &str) -> Vec<(String, Range<usize>)> {
    let places = CLAUSES.iter().flat_map(|(head, before)| {
        let heads = lower.match_indices(head).take(MOST);
        heads.filter_map(move |(at, head)| {
            let start = at + head.len();
            let window = start..lower.len().min(start + FARTHEST);
            let window = &lower.as_bytes()[window];
            let mut places = window.windows(before.len());
            let place = places.position(|bytes| bytes == before.as_bytes())?;
            literal::at(line, start + place + before.len())
        })
    });
    let is_secret = |value: &Range<usize>| {
        let text = &line[value.clone()];
        judge::is_secret("password", Telling::Unmistakably, text, Form::Data)
    };
    places
        .filter(is_secret)
        .map(|value| ("password".to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let mut sql = Sql::default();
        let lines = text.lines();
        let found = lines.flat_map(|line| {
            let found = sql.next(line).into_iter();
            found.map(|(_, range)| &line[range]).collect::<Vec<_>>()
        });
        found.collect()
    }

    #[rstest::rstest]
    #[case("ALTER USER app IDENTIFIED BY 'hunter2';", &["hunter2"])]
    #[case("create user app identified with sha2 by 'hunter2'", &["hunter2"])]
    #[case("SET PASSWORD FOR app = 'hunter2';", &["hunter2"])]
    #[case("INSERT INTO users (name, password) VALUES ('a','hunter2')", &["hunter2"])]
    #[case("insert into users (name, password)\nvalues ('a', 'hunter2');", &["hunter2"])]
    #[case("INSERT INTO users\n  (`password`, name)\nVALUES\n  ('hunter2', 'a'),\n  ('hunter3', 'b');", &["hunter2", "hunter3"])]
    #[case("run(\"INSERT INTO users (name, password) \"\n    \"VALUES ('a', 'hunter2')\")", &["hunter2"])]
    fn secret_of_statement_is_found(#[case] text: &str, #[case] secrets: &[&str]) {
        assert_eq!(found(text), secrets);
    }

    #[rstest::rstest]
    #[case("CREATE USER app IDENTIFIED BY '${DB_PASSWORD}';")]
    #[case("INSERT INTO users (name, password) VALUES (%s, %s)")]
    #[case("INSERT INTO users (name, password) VALUES ('hunter2', :password)")]
    #[case("INSERT INTO users (name, password) VALUES ('hunter2', NULL);\n('a', 'hunter3')")]
    #[case("INSERT INTO users (name, password)\nSELECT 'a', 'hunter2' FROM old")]
    #[case("INSERT INTO items (name, color) VALUES ('a', 'hunter2')")]
    #[case("INSERT INTO users SELECT * FROM old\n('a', 'hunter2')")]
    #[case("users are identified by their id2")]
    fn harmless_statement_has_no_secret(#[case] text: &str) {
        assert_eq!(found(text), Vec::<&str>::new());
    }
}
