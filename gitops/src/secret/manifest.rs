//! Finds the values of Secrets: whatever is below `data` and `stringData` of an object with `kind: Secret`.

use std::ops::Range;

use super::base64;
use super::hit::Hit;
use super::name::{Telling, tells};
use super::value::{is_harmless, is_name_like};

/// Fields of a Secret with its values.
const FIELDS: [&str; 2] = ["data", "stringData"];
/// Shortest value that is a secret.
const SHORTEST: usize = 4;

/// A line of the form `key: value` in YAML or JSON.
struct Field<'a> {
    /// Column of the key.
    column: usize,
    key: &'a str,
    value: Range<usize>,
    /// Whether the key is the first one of an item of a list.
    is_item: bool,
}

impl<'a> Field<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let text = line.trim_start_matches([' ', '-', '\t']);
        let column = line.len() - text.len();
        let (key, rest) = text.split_once(':')?;
        let value = rest.trim_start().trim_start_matches(['"', '\'']);
        let start = line.len() - value.len();
        let value = value
            .trim_end()
            .trim_end_matches(',')
            .trim_end_matches(['"', '\'']);
        Some(Self {
            column,
            key: key.trim().trim_matches(['"', '\'']),
            value: start..start + value.len(),
            is_item: line[..column].contains('-'),
        })
    }
}

/// Returns the values of all Secrets in the lines.
pub(super) fn values(lines: &[&str]) -> Vec<Hit> {
    let mut found = Vec::new();
    let mut read = 0;
    for (number, line) in lines.iter().enumerate() {
        let Some(kind) = Field::of(line).filter(|_| number >= read) else {
            continue;
        };
        if kind.key != "kind" || &line[kind.value] != "Secret" {
            continue;
        }
        let start = start_of_object(lines, read, number, kind.column);
        read = end_of_object(lines, number, kind.column);
        for at in start..read {
            let field = Field::of(lines[at]);
            let is_data =
                |field: &Field<'_>| field.column == kind.column && FIELDS.contains(&field.key);
            if field.is_some_and(|field| is_data(&field)) {
                of_data(&lines[..read], at, kind.column, &mut found);
            }
        }
    }
    found
}

/// Returns the first line of the object that contains a key, not before `first`.
fn start_of_object(lines: &[&str], first: usize, number: usize, column: usize) -> usize {
    let mut start = number;
    while start > first
        && !is_first_of_item(lines[start], column)
        && belongs(lines[start - 1], column)
    {
        start -= 1;
    }
    start
}

fn end_of_object(lines: &[&str], number: usize, column: usize) -> usize {
    let more = lines[number + 1..].iter();
    let more = more.take_while(|line| belongs(line, column) && !is_first_of_item(line, column));
    number + 1 + more.count()
}

fn is_first_of_item(line: &str, column: usize) -> bool {
    Field::of(line).is_some_and(|field| field.is_item && field.column == column)
}

fn belongs(line: &str, column: usize) -> bool {
    let is_empty = line.trim().is_empty() || line.trim_start().starts_with('#');
    is_empty
        || (indent(line) >= column && !line.starts_with("---"))
        || is_first_of_item(line, column)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// Adds the values below the line `at`, whose key is in `column`.
fn of_data(lines: &[&str], at: usize, column: usize, found: &mut Vec<Hit>) {
    /// A value of several lines, with its name and the column of that.
    struct Block<'a> {
        name: &'a str,
        column: usize,
        begun: bool,
    }
    let mut block: Option<Block<'_>> = None;
    for (number, line) in lines.iter().enumerate().skip(at + 1) {
        if line.trim().is_empty() {
            continue;
        }
        if indent(line) <= column {
            return;
        }
        block = block.filter(|block| indent(line) > block.column);
        if let Some(Block { name, begun, .. }) = &mut block {
            let range = indent(line)..line.trim_end().len();
            if is_secret(name, &line[range.clone()]) {
                found.push(hit(number, range, *begun));
                *begun = true;
            }
            continue;
        }
        let Some(field) = Field::of(line) else {
            continue;
        };
        let value = &line[field.value.clone()];
        if matches!(value, "|" | "|-" | "|+" | ">" | ">-" | ">+") {
            block = Some(Block {
                name: field.key,
                column: field.column,
                begun: false,
            });
        } else if is_secret(field.key, value) {
            found.push(hit(number, field.value, false));
        }
    }
}

fn hit(line: usize, range: Range<usize>, continued: bool) -> Hit {
    Hit {
        line,
        range,
        rule: "a value of a Secret".into(),
        continued,
    }
}

/// Returns true for a value that is more than an ordinary setting.
fn is_secret(name: &str, value: &str) -> bool {
    let decoded = base64::text(value);
    let plain = decoded.as_deref().unwrap_or(value).trim();
    let is_public = ["-----BEGIN CERT", "-----BEGIN PUBLIC"]
        .iter()
        .any(|head| plain.starts_with(head));
    if is_public || plain.len() < SHORTEST || is_harmless(value) || is_harmless(plain) {
        return false;
    }
    let has = |is: fn(&u8) -> bool| plain.bytes().any(|byte| is(&byte));
    let is_word = plain.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let is_mixed = is_word && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic);
    let is_setting = is_name_like(plain) || plain.contains(char::is_whitespace);
    tells(name) > Some(Telling::Weakly) || is_mixed || !is_setting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        let lines: Vec<&str> = text.lines().collect();
        let values = values(&lines).into_iter();
        values.map(|hit| &lines[hit.line][hit.range]).collect()
    }

    #[rstest::rstest]
    #[case("apiVersion: v1\ndata:\n  value: aHVudGVyMg==\nkind: Secret\n", &["aHVudGVyMg=="])]
    #[case("kind: Secret\nstringData:\n  pw: hunter2\n  host: db.shop.net\n", &["hunter2"])]
    #[case("kind: Secret\ndata:\n  pw: |\n    aHVudGVyMg==\ntype: Opaque", &["aHVudGVyMg=="])]
    #[case("{\n  \"kind\": \"Secret\",\n  \"data\": {\n    \"pw\": \"aHVudGVyMg==\"\n  }\n}", &["aHVudGVyMg=="])]
    #[case("items:\n- kind: ConfigMap\n  data:\n    a: hunter3\n- kind: Secret\n  stringData:\n    b: hunter2", &["hunter2"])]
    #[case("kind: ConfigMap\ndata:\n  a: hunter3\n---\nkind: Secret\nstringData:\n  b: hunter2", &["hunter2"])]
    fn value_of_secret_is_found(#[case] text: &str, #[case] expected: &[&str]) {
        assert_eq!(found(text), expected);
    }

    #[rstest::rstest]
    #[case("kind: ConfigMap\ndata:\n  value: aHVudGVyMg==\n")]
    #[case("kind: SealedSecret\nspec:\n  encryptedData:\n    value: AgBvA8Kd9f\n")]
    #[case("kind: Secret\ndata:\n  ca.crt: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t\n")]
    #[case("kind: Secret\nstringData:\n  password: ${DB_PASSWORD}\n  port: \"5432\"\n  host: db\n")]
    #[case("kind: Secret\nmetadata:\n  name: orders2\n  labels:\n    data: a1b2c3\n")]
    fn harmless_manifest_has_no_secret(#[case] text: &str) {
        assert_eq!(found(text), Vec::<&str>::new());
    }
}
