//! Finds credentials in HTTP headers: `Authorization: Basic ...` and `Bearer ...`.

use std::ops::Range;

use super::base64;
use super::judge::is_login;
use super::value::{is_harmless, turns};

/// Shortest token, and shortest one behind the name of the header.
const SHORTEST_BEARER: usize = 16;
const SHORTEST_NAMED: usize = 8;
/// Longest text between the name of the header and its token.
const LONGEST_HEAD: usize = 32;
const LONGEST: usize = 4096;

/// Returns the rule and the range of all credentials of a line.
pub(super) fn credentials(line: &str) -> Vec<(&'static str, Range<usize>)> {
    let basic = after(line, "asic ").filter(|range| {
        let token = &line[range.clone()];
        token.len() >= 8 && base64::text(token).is_some_and(|text| is_login(&text))
    });
    let bearer = after(line, "earer ").filter(|range| {
        let token = &line[range.clone()];
        let digit = token.bytes().any(|byte| byte.is_ascii_digit());
        let shortest = if is_named(line, range.start) {
            SHORTEST_NAMED
        } else {
            SHORTEST_BEARER
        };
        token.len() >= shortest && digit && turns(token) >= 2 && !is_harmless(token)
    });
    let basic = basic.map(|range| ("credentials of basic authentication", range));
    basic
        .chain(bearer.map(|range| ("a bearer token", range)))
        .collect()
}

/// Returns true if the name of the header is directly before a place.
fn is_named(line: &str, at: usize) -> bool {
    let head = &line.as_bytes()[at.saturating_sub(LONGEST_HEAD)..at];
    let name = b"authorization";
    head.windows(name.len())
        .any(|window| window.eq_ignore_ascii_case(name))
}

fn after<'a>(line: &'a str, word: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
    line.match_indices(word).map(|(at, word)| {
        let start = at + word.len();
        let belongs = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(byte);
        let rest = &line.as_bytes()[start..];
        start
            ..start
                + rest
                    .iter()
                    .take(LONGEST)
                    .take_while(|byte| belongs(byte))
                    .count()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("Authorization: Bearer abcdef0123456789abcdef", 1)]
    #[case("'Authorization': 'Basic YW5uOmh1bnRlcjI='", 1)]
    #[case("-H \"Authorization: Bearer hunter2xyz\"", 1)]
    #[case("Authorization: Bearer authentication2", 0)]
    #[case("bearer of hunter2xyz, Bearer hunter2xyz", 0)]
    #[case("the bearer of this letter is a friend", 0)]
    #[case("f'Bearer {token}'", 0)]
    #[case("basic authentication is off", 0)]
    fn credentials_of_header_are_found(#[case] line: &str, #[case] count: usize) {
        assert_eq!(credentials(line).len(), count);
    }
}
