//! Finds secrets in assignments of several values, `user, password = "app", "x"`, and in lists that `zip` pairs.

use std::ops::Range;

use super::judge::{self, Form};
use super::literal;
use super::name::tells;

/// Longest line that is read, and the greatest number of its values.
const LONGEST: usize = 2048;
const MOST_VALUES: usize = 64;

/// Returns the secrets of a line of a program, with their names.
pub(super) fn secrets(line: &str) -> Vec<(String, Range<usize>)> {
    if line.len() > LONGEST || !line.contains(',') {
        return Vec::new();
    }
    let of_tuple = of_assignment(line).unwrap_or_default();
    of_tuple.into_iter().chain(of_zip(line)).collect()
}

fn of_assignment(line: &str) -> Option<Vec<(String, Range<usize>)>> {
    let (left, right) = line.split_once('=')?;
    let targets: Vec<&str> = left
        .trim()
        .trim_start_matches('(')
        .trim_end_matches(')')
        .split(',')
        .map(str::trim)
        .collect();
    let belongs = |char: char| char.is_alphanumeric() || "_.".contains(char);
    let is_name = |name: &&str| !name.is_empty() && name.chars().all(belongs);
    if targets.len() < 2 || !targets.iter().all(is_name) || right.starts_with('=') {
        return None;
    }
    let start = line.len() - right.trim_start().len();
    let mut found = values(line, start);
    // The values can be in brackets.
    if let [one] = found.as_slice()
        && line[one.start..].starts_with(['(', '['])
    {
        found = values(line, one.start + 1);
    }
    let names = targets.into_iter().map(str::to_owned);
    Some(paired(line, names, &found))
}

/// Returns the secrets of `zip(["user", "password"], ["app", "x"])`.
fn of_zip(line: &str) -> Vec<(String, Range<usize>)> {
    let lists = line.match_indices("zip(").flat_map(|(at, call)| {
        let lists = values(line, at + call.len());
        let [names, values, ..] = lists.as_slice() else {
            return Vec::new();
        };
        let items = |list: &Range<usize>| {
            let opened = line[list.start..].starts_with(['(', '[']);
            opened.then(|| self::values(line, list.start + 1))
        };
        let Some((names, values)) = items(names).zip(items(values)) else {
            return Vec::new();
        };
        let names = names.iter().map(|name| {
            let name = literal::at(line, name.start).map(|name| &line[name]);
            name.unwrap_or_default().to_owned()
        });
        paired(line, names, &values)
    });
    lists.take(MOST_VALUES).collect()
}

fn paired(
    line: &str,
    names: impl Iterator<Item = String>,
    values: &[Range<usize>],
) -> Vec<(String, Range<usize>)> {
    let pairs = names.zip(values).filter_map(|(name, value)| {
        let telling = tells(&name)?;
        let value = literal::at(line, value.start)?;
        let is_secret = judge::is_secret(&name, telling, &line[value.clone()], Form::Literal);
        is_secret.then_some((name, value))
    });
    pairs.collect()
}

/// Returns the places of the values that begin at `start` and have commas between them.
pub(super) fn values(line: &str, start: usize) -> Vec<Range<usize>> {
    let bytes = line.as_bytes();
    let mut values = Vec::new();
    let (mut at, mut depth) = (start, 0_usize);
    let mut begin = start;
    while at < bytes.len() && values.len() < MOST_VALUES {
        match bytes[at] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' | b'#' if depth == 0 => break,
            b')' | b']' | b'}' => depth -= 1,
            b'\'' | b'"' => match literal::at(line, at) {
                Some(literal) => at = literal.end,
                None => break,
            },
            b',' if depth == 0 => {
                values.push(begin..at);
                begin = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    values.push(begin..at.min(bytes.len()));
    for value in &mut values {
        let text = &line[value.clone()];
        value.start = value.end - text.trim_start().len();
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &str) -> Vec<&str> {
        let found = secrets(line).into_iter();
        found.map(|(_, range)| &line[range]).collect()
    }

    #[rstest::rstest]
    #[case("user, password = 'app', 'hunter2'", &["hunter2"])]
    #[case("password, user = (\"hunter2\", \"app\")", &["hunter2"])]
    #[case("self.user, self.password = 'a,b', 'hunter2'  # x", &["hunter2"])]
    #[case("conf = dict(zip(('user', 'password'), ('app', 'hunter2')))", &["hunter2"])]
    #[case("conf = dict(zip([\"user\", \"password\"], [\"app\", \"hunter2\"]))", &["hunter2"])]
    #[case("user, password = 'app', os.environ['DB_PASSWORD2']", &[])]
    #[case("user, password = load('app'), load('hunter2')", &[])]
    #[case("name, count = 'hunter2', 5", &[])]
    #[case("connect('app', password='hunter2')", &[])]
    #[case("for user, password in zip(users, passwords):", &[])]
    fn values_are_paired_with_names(#[case] line: &str, #[case] secrets: &[&str]) {
        assert_eq!(found(line), secrets);
    }
}
