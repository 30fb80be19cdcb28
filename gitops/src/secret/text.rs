//! Searches a whole text for secrets, line by line. Begin reading at [`hits`].
//!
//! The time is linear in the text: a line is read once for each kind of secret, and values have a greatest length.

use std::borrow::Cow;
use std::ops::Range;

use super::item::{Found, Items};
use super::lex::Lexer;
use super::syntax::Syntax;
use super::{header, pair, pem, token, url};

/// Mark in a line whose secrets are meant to be there.
pub(crate) const MARK: &str = "waxctl:allow-secret";

/// Greatest number of secrets of one line.
const MOST_IN_LINE: usize = 100;

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// Number of the line, from 0.
    pub(crate) line: usize,
    /// Place in the line.
    pub(crate) range: Range<usize>,
    /// Kind of the secret, with an article.
    pub(crate) rule: Cow<'static, str>,
    /// Whether the line continues a secret of an earlier line.
    pub(crate) continued: bool,
}

/// Returns every secret of the lines of a text in the language of a lexer, sorted by place.
pub(crate) fn hits(lines: &[&str], mut lexer: Lexer) -> Vec<Hit> {
    let syntax = lexer.syntax();
    let mut items = Items::default();
    let mut found = Vec::new();
    let mut key_until = 0;
    for (number, line) in lines.iter().enumerate() {
        let texts = lexer.texts(line);
        let mut here = Vec::new();
        if number < key_until {
            here.push(Hit {
                line: number,
                range: 0..line.len(),
                rule: "a private key".into(),
                continued: true,
            });
        } else if let Some((range, count)) = pem::private_key(lines, number) {
            let marked = line.contains(MARK);
            key_until = if marked { number } else { number + count };
            push(&mut here, number, range, "a private key".into());
        }
        of_line(line, number, &mut here);
        if syntax != Syntax::Binary {
            let in_text = |at: usize| {
                let next = texts.partition_point(|range| range.start <= at);
                next > 0 && texts[next - 1].contains(&at)
            };
            for pair in pair::secrets(line, syntax, &in_text) {
                push(&mut here, number, pair.value, by_name(&line[pair.name]));
            }
            let marked_before = |at: usize| lines[at].contains(MARK);
            if let Some(Found {
                name,
                line: at,
                range,
            }) = items.next(line, number, syntax)
                && !marked_before(at)
            {
                let end = range.end.min(lines[at].len());
                push(&mut here, at, range.start..end, by_name(&name));
            }
        }
        if !line.contains(MARK) {
            found.append(&mut here);
        }
    }
    found.sort_by_key(|hit| (hit.line, hit.range.start));
    found
}

/// Returns every secret of a text without a language, such as a message.
pub(crate) fn in_sentences(text: &str) -> Vec<Hit> {
    let lines: Vec<&str> = text.lines().collect();
    hits(&lines, Lexer::new("message.txt"))
}

/// Returns true if a value of a field looks like a secret by itself.
pub(crate) fn value_tells(value: &str) -> bool {
    let lines: Vec<&str> = value.lines().collect();
    !hits(&lines, Lexer::new("value.yaml")).is_empty()
}

/// Adds the secrets that are recognized without a name.
fn of_line(line: &str, number: usize, found: &mut Vec<Hit>) {
    for (rule, range) in token::tokens(line) {
        push(found, number, range, rule.into());
    }
    for range in url::passwords(line) {
        push(found, number, range, "a password in a URL".into());
    }
    for (rule, range) in header::credentials(line) {
        push(found, number, range, rule.into());
    }
}

/// Adds a hit, unless an earlier rule has found the same text.
fn push(found: &mut Vec<Hit>, line: usize, range: Range<usize>, rule: Cow<'static, str>) {
    let overlaps =
        |hit: &Hit| hit.line == line && hit.range.start < range.end && range.start < hit.range.end;
    if found.len() < MOST_IN_LINE && !found.iter().any(overlaps) {
        found.push(Hit {
            line,
            range,
            rule,
            continued: false,
        });
    }
}

fn by_name(name: &str) -> Cow<'static, str> {
    format!("a secret, judging by the name `{}`", name.trim_matches('-')).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<(usize, String)> {
        let lines: Vec<&str> = text.lines().collect();
        let hits = hits(&lines, Lexer::new(path));
        let shown = hits.into_iter().filter(|hit| !hit.continued);
        shown
            .map(|hit| (hit.line + 1, hit.rule.into_owned()))
            .collect()
    }

    fn named(name: &str) -> String {
        format!("a secret, judging by the name `{name}`")
    }

    #[rstest::rstest]
    #[case("env:\n- name: DB_PASSWORD\n  value: hunter2\n", 3)]
    #[case("env:\n- value: hunter2\n  name: DB_PASSWORD\n", 2)]
    #[case("- name: DB_PASSWORD\n  # of the database\n  value: \"hunter2\"\n", 3)]
    #[case("- name: DB_PASSWORD\n  value: |-\n    hunter2\n", 3)]
    #[case("\"name\": \"DB_PASSWORD\",\n\"value\": \"hunter2\"\n", 2)]
    fn item_of_two_lines_is_found(#[case] text: &str, #[case] line: usize) {
        assert_eq!(found("x.yaml", text), [(line, named("DB_PASSWORD"))]);
    }

    #[test]
    fn value_in_next_line_is_found() {
        let yaml = "db:\n  password: >-\n    hunter2\n";
        assert_eq!(found("x.yaml", yaml), [(3, named("password"))]);
        let code = "password = (\n    'hunter2'\n)\n";
        assert_eq!(found("x.py", code), [(2, named("password"))]);
    }

    #[rstest::rstest]
    #[case("- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: orders-db\n")]
    #[case("- name: DB_PASSWORD\n  value: $(OTHER)\n- name: LEVEL\n  value: hunter2\n")]
    #[case("password:\n  secretKeyRef:\n    name: orders\n")]
    #[case("- name: DB_PASSWORD\n  value: hunter2 # waxctl:allow-secret\n")]
    #[case("- name: DB_PASSWORD\n  value: $(X)\n- name: A\n  value: b\n- name: C\n  value: d\n")]
    fn harmless_settings_of_lines_pass(#[case] text: &str) {
        assert_eq!(found("x.yaml", text), []);
    }

    #[test]
    fn mark_lets_only_its_line_through() {
        let text = "password = 'hunter2'  # waxctl:allow-secret\npassword = 'hunter2'\n";
        assert_eq!(found("x.py", text), [(2, named("password"))]);
    }

    #[test]
    fn hostile_text_is_searched_in_linear_time() {
        let parts = [
            "password=",
            "password='",
            "\"token\": ",
            "://a:",
            "@tcp(",
            "curl -u ",
            "eyJ.",
            "npm_-",
            "a/",
            "{{${",
            "basic ",
            "-----BEGIN ",
            "auth=(",
            "password: str | ",
            "x=1 or ",
        ];
        for path in ["x.py", "x.yaml", "x.md"] {
            for part in parts {
                let text = part.repeat(2_000 / part.len());
                found(path, &text);
                found(path, &text.replace(part, &format!("{part}\n")));
            }
        }
    }

    #[test]
    fn key_hides_all_its_lines() {
        let begin = ["-----BEGIN RSA ", "PRIVATE KEY-----"].concat();
        let text = format!(
            "k = '''{begin}\nMIIEowIBAAKCAQEAx8Kd9f\nab==\n-----END RSA PRIVATE KEY-----'''\nx = 1\n"
        );
        let lines: Vec<&str> = text.lines().collect();
        let hits = hits(&lines, Lexer::new("x.py"));
        let numbers: Vec<(usize, bool)> =
            hits.iter().map(|hit| (hit.line, hit.continued)).collect();
        assert_eq!(numbers, [(0, false), (1, true), (2, true), (3, true)]);
    }
}
