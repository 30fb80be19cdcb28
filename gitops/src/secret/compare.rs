//! Finds secrets that a program compares with a value: `"x" == password` and `compare_digest(password, "x")`. The order
//! `password == "x"` is found as a pair.

use std::ops::Range;

use super::assign::values;
use super::judge::{self, Form};
use super::lex::{Text, TextKind};
use super::literal;
use super::name::tells;

/// Calls that compare their two arguments.
const CALLS: [&str; 3] = ["compare_digest(", "constant_time_compare(", "safe_str_cmp("];
/// Greatest number of calls in a line.
const MOST_CALLS: usize = 16;
/// Longest name.
const LONGEST_NAME: usize = 128;

/// Returns the secrets of a line of a program, with the names they are compared with.
pub(super) fn secrets(line: &str, texts: &[Text]) -> Vec<(String, Range<usize>)> {
    let strings = texts.iter().filter(|text| text.kind == TextKind::String);
    let of_operators = strings.filter_map(|text| before_operator(line, &text.range));
    let calls = CALLS.iter().flat_map(|call| line.match_indices(call));
    let of_calls = calls
        .take(MOST_CALLS)
        .filter_map(|(at, call)| of_call(line, at + call.len()));
    of_operators.chain(of_calls).collect()
}

/// Judges a string by the name behind `==` or `!=`.
fn before_operator(line: &str, value: &Range<usize>) -> Option<(String, Range<usize>)> {
    let quotes = ['"', '\'', '`'];
    let rest = line.get(value.end..)?.trim_start_matches(quotes);
    let rest = rest.trim_start();
    let rest = rest
        .strip_prefix("==")
        .or_else(|| rest.strip_prefix("!="))?;
    let rest = rest.trim_start_matches('=').trim_start();
    let name = name(rest);
    let is_call = rest[name.len()..].starts_with('(');
    if is_call {
        return None;
    }
    judged(line, name, value.clone())
}

/// Judges the string among the two arguments of a call, which begin at a place.
fn of_call(line: &str, start: usize) -> Option<(String, Range<usize>)> {
    let arguments = values(line, start);
    let [first, second] = arguments.as_slice() else {
        return None;
    };
    let of_one = |value: &Range<usize>, other: &Range<usize>| {
        let literal = literal::at(line, value.start)?;
        let after = line.get(literal.end..value.end)?;
        let after = after.trim_start_matches(['"', '\'']).trim();
        let is_whole = after.is_empty() || after.starts_with(".encode(");
        let name = name(&line[other.clone()]);
        is_whole.then(|| judged(line, name, literal))?
    };
    of_one(first, second).or_else(|| of_one(second, first))
}

/// Returns the name at the start of a text, without a method that encodes its value.
fn name(text: &str) -> &str {
    let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"_.".contains(byte);
    let bytes = text.bytes().take(LONGEST_NAME);
    let length = bytes.take_while(belongs).count();
    let name = &text[..length];
    name.strip_suffix(".encode").unwrap_or(name)
}

fn judged(line: &str, name: &str, value: Range<usize>) -> Option<(String, Range<usize>)> {
    let telling = tells(name)?;
    let text = line.get(value.clone())?;
    judge::is_secret(name, telling, text, Form::Literal).then(|| (name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::super::lex::Lexer;
    use super::*;

    fn found(line: &str) -> Vec<&str> {
        let texts = Lexer::new("x.py").texts(line);
        let found = secrets(line, &texts).into_iter();
        found.map(|(_, range)| &line[range]).collect()
    }

    #[rstest::rstest]
    #[case("if \"hunter2\" == password:", &["hunter2"])]
    #[case("if 'hunter2' != self.password:", &["hunter2"])]
    #[case("hmac.compare_digest(password, \"hunter2\")", &["hunter2"])]
    #[case("compare_digest(b'hunter2', password.encode())", &["hunter2"])]
    #[case("compare_digest(password.encode(), 'hunter2'.encode())", &["hunter2"])]
    #[case("if 'token' == kind:", &[])]
    #[case("if 'hunter2' == password_of(user):", &[])]
    #[case("if '' == password:", &[])]
    #[case("compare_digest(password, expected)", &[])]
    #[case("compare_digest(digest, 'sha256=' + signature)", &[])]
    #[case("compare_digest(token, 'v2=' + password)", &[])]
    #[case("# if \"hunter2\" == level:", &[])]
    fn string_is_judged_by_compared_name(#[case] line: &str, #[case] secrets: &[&str]) {
        assert_eq!(found(line), secrets);
    }
}
