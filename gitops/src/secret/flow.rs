//! Finds secrets in maps on one line, in YAML and JSON: `{name: DB_PASSWORD, value: x}`, in any order.

use std::ops::Range;

use super::judge::{self, Form};
use super::literal;
use super::name::tells;

/// Longest map that is read.
const LONGEST: usize = 512;
/// Keys of the name and of the value.
const NAMES: [&str; 2] = ["key", "name"];
const VALUE: &str = "value";

/// Returns the secrets of the maps of a line, with their names.
pub(super) fn secrets(line: &str) -> Vec<(String, Range<usize>)> {
    if !line.contains(VALUE) {
        return Vec::new();
    }
    let starts = line.match_indices('{');
    starts.filter_map(|(at, _)| of_map(line, at + 1)).collect()
}

fn of_map(line: &str, start: usize) -> Option<(String, Range<usize>)> {
    let mut end = line.len().min(start + LONGEST);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    let (mut name, mut value) = (None, None);
    let mut at = start;
    while at < end {
        let rest = &line[at..end];
        let key_end = rest.find([':', '}', '{'])?;
        let key = rest[..key_end].trim_matches([' ', ',', '"', '\'']);
        if !rest[key_end..].starts_with(':') {
            break;
        }
        let field = field(line, at + key_end + 1, end);
        if NAMES.contains(&key) {
            name = Some(field.clone());
        } else if key == VALUE {
            value = Some(field.clone());
        }
        // The closing quote of a literal belongs to it.
        at = field.end;
        at += line[at..end]
            .find([',', '}'])
            .map_or(end - at, |comma| comma + 1);
        if line[..at].ends_with('}') {
            break;
        }
    }
    let (name, value) = (&line[name?], value?);
    let telling = tells(name)?;
    let found = judge::is_secret(name, telling, &line[value.clone()], Form::Variable);
    found.then(|| (name.to_owned(), value))
}

/// Returns the place of the value of a field.
fn field(line: &str, start: usize, end: usize) -> Range<usize> {
    if let Some(literal) = literal::at(line, start).filter(|literal| literal.end <= end) {
        return literal;
    }
    let text = &line[start..end];
    let length = text.find([',', '}']).unwrap_or(text.len());
    let value = text[..length].trim_start();
    let start = start + length - value.len();
    start..start + value.trim_end().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("- {name: DB_PASSWORD, value: hunter2}", &["hunter2"])]
    #[case("env: [{name: LEVEL, value: info}, {name: DB_PASSWORD, value: hunter2}]", &["hunter2"])]
    #[case("{\"value\": \"hunter2\", \"type\": \"x\", \"name\": \"password\"}", &["hunter2"])]
    #[case("{value: hunter2, name: DB_PASSWORD}", &["hunter2"])]
    #[case("{name: LEVEL, value: hunter2}", &[])]
    #[case("{name: DB_PASSWORD, valueFrom: {secretKeyRef: {name: orders, key: password}}}", &[])]
    #[case("{name: DB_PASSWORD, value: $(OTHER)}", &[])]
    #[case("{{ value }}", &[])]
    fn secret_of_map_is_found(#[case] line: &str, #[case] expected: &[&str]) {
        let found = secrets(line).into_iter();
        assert_eq!(
            found.map(|(_, range)| &line[range]).collect::<Vec<_>>(),
            expected
        );
    }
}
