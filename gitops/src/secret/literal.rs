//! Finds quoted literals in a line of code or data.

use std::ops::Range;

use super::name::tells;

/// Longest literal that is read, so that the time stays linear in a hostile text.
const LONGEST: usize = 1024;
/// Calls whose literal is the value itself: `SecretStr("x")`.
const WRAPPERS: [&str; 20] = [
    "a85decode",
    "b32decode",
    "b64decode",
    "b85decode",
    "bytes",
    "decode",
    "encode",
    "fromhex",
    "from",
    "new",
    "quote",
    "quote_plus",
    "secret",
    "secretbytes",
    "secretstr",
    "some",
    "standard_b64decode",
    "str",
    "unhexlify",
    "urlsafe_b64decode",
];
/// Parts of the names of calls whose first literal is a name, and whose second one is a default.
const GETTERS: [&str; 14] = [
    "arg",
    "config",
    "env",
    "field",
    "get",
    "input",
    "lookup",
    "option",
    "param",
    "pop",
    "prompt",
    "read",
    "setdefault",
    "setting",
];

/// Returns the range of the content of the literal at the start of `line[at..]`, after spaces.
pub(super) fn at(line: &str, at: usize) -> Option<Range<usize>> {
    let rest = line.get(at..)?;
    let begin = line.len() - rest.trim_start().len();
    let bytes = line.as_bytes();
    let prefix = bytes[begin..]
        .iter()
        .take(2)
        .take_while(|byte| b"rRbBfFuU$".contains(byte))
        .count();
    let open = begin + prefix;
    let (escaped, open) = match bytes.get(open)? {
        b'\\' => (true, open + 1),
        _ => (false, open),
    };
    let quote = *bytes.get(open).filter(|byte| b"'\"`".contains(byte))?;
    let triple = [quote; 3];
    let is_triple = bytes[open..].starts_with(&triple);
    let start = open + if is_triple { 3 } else { 1 };
    let limit = bytes.len().min(start + LONGEST);
    let mut end = start;
    while end < limit {
        let closes = match (escaped, is_triple) {
            (true, _) => bytes[end] == b'\\' && bytes.get(end + 1) == Some(&quote),
            (false, true) => bytes[end..].starts_with(&triple),
            // A quote that is doubled belongs to the text, in YAML and SQL.
            (false, false) if end > start && bytes[end..].starts_with(&[quote; 2]) => {
                end += 1;
                false
            }
            (false, false) => bytes[end] == quote,
        };
        if closes {
            break;
        }
        end += if bytes[end] == b'\\' && !escaped {
            2
        } else {
            1
        };
    }
    let mut end = end.min(limit);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    (start <= end).then_some(start..end)
}

/// Calls whose first literal can be a default: `Option("x", alias="PASSWORD")`.
const FIELDS: [&str; 3] = ["argument", "option", "param"];

/// Returns the literals in the brackets at `line[at..]`, after spaces.
pub(super) fn in_brackets(line: &str, at: usize) -> Vec<Range<usize>> {
    let begin = line.len() - line[at..].trim_start().len();
    if line[begin..].starts_with(['(', '[']) {
        return in_call(line, begin + 1);
    }
    if line[begin..].starts_with('{') {
        let is_value = |literal: &Range<usize>| {
            let before = line[..literal.start].trim_end_matches(['"', '\'', 'r', 'b', 'f', 'u']);
            before.trim_end().ends_with(':')
        };
        return in_call(line, begin + 1)
            .into_iter()
            .filter(is_value)
            .collect();
    }
    Vec::new()
}

/// Returns the literals that can be the value of the expression at `line[at..]`: of a wrapping call, the default of a
/// call that reads a setting, or the right side of `or` and `else`.
pub(super) fn of_expression(line: &str, at: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let rest = &line[at..];
    let begin = line.len() - rest.trim_start().len();
    let called = |char: char| char.is_ascii_alphanumeric() || "_.:".contains(char);
    let callee = line[begin..]
        .chars()
        .take(100)
        .take_while(|char| called(*char))
        .count();
    let (name, open) = (&line[begin..begin + callee], begin + callee);
    if line[open..].starts_with('(') {
        let last = name
            .rsplit(['.', ':'])
            .next()
            .unwrap_or_default()
            .to_lowercase();
        let literals = in_call(line, open + 1);
        if WRAPPERS.contains(&last.as_str()) {
            found.extend(literals.first().cloned());
        } else if GETTERS.iter().any(|part| last.contains(part)) {
            let is_first =
                |literal: &&Range<usize>| line[open + 1..literal.start].trim_start().len() == 1;
            let of_field = last.ends_with("field") || FIELDS.contains(&last.as_str());
            let first = literals.first().filter(is_first).filter(|_| of_field);
            found.extend(
                literals
                    .iter()
                    .filter(|literal| is_default(line, literal))
                    .cloned(),
            );
            // A call that reads a secret has the names of it as arguments: `get_secret("orders", "db2")`.
            let reads_secret = tells(name).is_some();
            let second = literals
                .get(1)
                .filter(|literal| !reads_secret && !is_keyword(line, literal));
            found.extend(first.into_iter().chain(second).cloned());
        }
    }
    let window = window(line, begin);
    for word in [" or ", " else ", " || ", " ?? "] {
        if let Some(position) = line[window.clone()].find(word) {
            found.extend(self::at(line, window.start + position + word.len()));
        }
    }
    found
}

/// Returns the literals among the arguments of a call, which begin at `at`, with those of keywords.
pub(super) fn in_call(line: &str, at: usize) -> Vec<Range<usize>> {
    let window = window(line, at);
    let bytes = line.as_bytes();
    let mut found = Vec::new();
    let (mut position, mut depth) = (window.start, 0_usize);
    while position < window.end {
        match bytes[position] {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => break,
            b')' | b']' | b'}' => depth -= 1,
            b'#' => break,
            b'\'' | b'"' => {
                let Some(literal) = self::at(line, position) else {
                    break;
                };
                position = literal.end;
                if depth == 0 {
                    found.push(literal);
                }
            }
            _ => {}
        }
        position += 1;
    }
    found
}

/// Returns true if a literal is the argument `default=` or `value=`.
fn is_default(line: &str, literal: &Range<usize>) -> bool {
    let name = keyword(line, literal).map(str::trim_end);
    name.is_some_and(|name| name.ends_with("default") || name.ends_with("value"))
}

fn is_keyword(line: &str, literal: &Range<usize>) -> bool {
    keyword(line, literal).is_some()
}

/// Returns what stands before the `=` in front of a literal.
fn keyword<'a>(line: &'a str, literal: &Range<usize>) -> Option<&'a str> {
    let before = line[..literal.start].trim_end_matches(['"', '\'', 'r', 'b', 'f', 'u']);
    before.trim_end().strip_suffix('=')
}

fn window(line: &str, start: usize) -> Range<usize> {
    let mut end = line.len().min(start + LONGEST);
    while !line.is_char_boundary(end) {
        end -= 1;
    }
    start.min(end)..end
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("'a b'", Some("a b"))]
    #[case("  \"a'b\" + c", Some("a'b"))]
    #[case("rb'a\\'b' x", Some("a\\'b"))]
    #[case("\"\"\"a\"b\"\"\"", Some("a\"b"))]
    #[case("\\\"a\\\" x", Some("a"))]
    #[case("'it''s' x", Some("it''s"))]
    #[case("'open", Some("open"))]
    #[case("''", Some(""))]
    #[case("$'a\\'b'", Some("a\\'b"))]
    #[case("name", None)]
    #[case("", None)]
    fn literal_at_start_is_read(#[case] line: &str, #[case] content: Option<&str>) {
        assert_eq!(at(line, 0).map(|range| &line[range]), content);
    }

    #[rstest::rstest]
    #[case("SecretStr('x')", &["x"])]
    #[case("os.getenv('NAME', 'x')", &["x"])]
    #[case("os.environ.get('NAME')", &[])]
    #[case("config['a'] or 'x'", &["x"])]
    #[case("get(f('a'), 'b')", &[])]
    #[case("keyring.get_password('a', 'b')", &[])]
    #[case("secrets.get('a', 'b')", &[])]
    #[case("a if b else 'x'", &["x"])]
    #[case("Field('x', alias='Y')", &["x"])]
    #[case("field(default='x')", &["x"])]
    #[case("Field(alias='Y')", &[])]
    #[case("password", &[])]
    fn value_of_expression_is_found(#[case] line: &str, #[case] values: &[&str]) {
        let found: Vec<&str> = of_expression(line, 0)
            .into_iter()
            .map(|range| &line[range])
            .collect();
        assert_eq!(found, values);
    }
}
