//! Finds known secrets in a text in each form in which programs write them: as they are, escaped, or inside base64.
//!
//! The time is linear in the text, as long as few secrets begin with the same characters. Begin reading at
//! [`Finder::hide`].

use std::borrow::Cow;
use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;

use super::escape::{self, is_ambiguous, units};
use crate::mask::HIDDEN;

/// Shortest secret that is hidden wherever it occurs.
const SHORTEST: usize = 6;
/// Shortest line of a longer secret that is hidden by itself.
const SHORTEST_LINE: usize = 16;
/// Number of tries for each byte of a secret. Few places of a text can be read in more than one way.
const TRIES: usize = 8;

/// The secrets that are known.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    values: BTreeSet<String>,
}

impl Known {
    /// Remembers a secret. One of several lines is also found line by line.
    pub(super) fn learn(&mut self, value: &str) {
        let value = value.trim();
        if value.len() < SHORTEST || value.contains(HIDDEN) {
            return;
        }
        self.values.insert(value.to_owned());
        if value.contains('\n') {
            let lines = value.lines().map(str::trim);
            let lines = lines.filter(|line| line.len() >= SHORTEST_LINE);
            self.values.extend(lines.map(str::to_owned));
        }
    }
}

/// A secret in one form.
#[derive(Debug)]
struct Pattern {
    bytes: Vec<u8>,
    is_base64: bool,
}

/// All forms of the known secrets.
#[derive(Debug)]
pub(super) struct Finder {
    patterns: Vec<Pattern>,
    /// The patterns by their first byte.
    by_first: Vec<Vec<usize>>,
}

impl Finder {
    /// Prepares the search for secrets.
    pub(super) fn of(known: &Known) -> Self {
        let mut patterns = Vec::new();
        for value in &known.values {
            patterns.push(Pattern {
                bytes: value.as_bytes().to_vec(),
                is_base64: false,
            });
            patterns.extend(in_base64(value.as_bytes()));
        }
        let mut by_first = vec![Vec::new(); 256];
        for (index, pattern) in patterns.iter().enumerate() {
            if let Some(first) = pattern.bytes.first() {
                by_first[usize::from(*first)].push(index);
            }
        }
        Self { patterns, by_first }
    }

    /// Returns a text without the secrets. Of base64 with a secret in it nothing is left.
    pub(super) fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let bytes = text.as_bytes();
        let mut shown = String::new();
        let (mut at, mut copied) = (0, 0);
        while at < bytes.len() {
            let Some((end, is_base64)) = self.longest(bytes, at) else {
                at += 1;
                continue;
            };
            let (start, end) = match is_base64 {
                true => whole_base64(bytes, copied, at..end),
                false => (at, end),
            };
            shown.push_str(text.get(copied..start).unwrap_or_default());
            shown.push_str(HIDDEN);
            (at, copied) = (end, end);
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        shown.push_str(text.get(copied..).unwrap_or_default());
        Cow::Owned(shown)
    }

    /// Returns the end of the longest secret that begins at a place, and whether it is base64.
    fn longest(&self, text: &[u8], at: usize) -> Option<(usize, bool)> {
        let first = text[at];
        let ends = |first: u8| {
            let patterns = self.by_first[usize::from(first)].iter();
            patterns.filter_map(move |index| {
                let pattern = &self.patterns[*index];
                Some((pattern.end_in(text, at)?, pattern.is_base64))
            })
        };
        if !is_ambiguous(first) {
            return ends(first).max();
        }
        let meant = units(&text[at..]).into_iter();
        meant.flat_map(|unit| ends(unit.bytes()[0])).max()
    }
}

impl Pattern {
    /// Returns where the secret ends in a text if it begins at a place.
    fn end_in(&self, text: &[u8], start: usize) -> Option<usize> {
        let rest = &text[start..];
        let pairs = rest.iter().zip(&self.bytes);
        let same = pairs.take_while(|(found, wanted)| found == wanted).count();
        if same == self.bytes.len() {
            return Some(start + same);
        }
        let seen = &rest[..rest.len().min(same + 1)];
        let may_differ = |byte: &u8| is_ambiguous(*byte) || (self.is_base64 && is_break(*byte));
        if !seen.iter().any(may_differ) {
            return None;
        }
        let mut open = vec![(0, start)];
        for _ in 0..TRIES * self.bytes.len() {
            let (done, at) = open.pop()?;
            let wanted = &self.bytes[done..];
            if wanted.is_empty() {
                return Some(at);
            }
            // Order: the escape, which comes first, is tried last.
            for unit in units(&text[at..]) {
                if wanted.starts_with(unit.bytes()) {
                    open.push((done + unit.bytes().len(), at + unit.width));
                } else if self.is_base64 && done > 0 && unit.bytes().iter().all(|it| is_break(*it))
                {
                    open.push((done, at + unit.width));
                }
            }
        }
        None
    }
}

/// Whether a byte can stand between two lines of base64.
fn is_break(byte: u8) -> bool {
    b"\n\r ".contains(&byte)
}

/// Returns what base64 contains of a secret, whatever stands before and behind it: one text for each alignment.
fn in_base64(value: &[u8]) -> impl Iterator<Item = Pattern> {
    // The first digits also depend on the bytes before.
    [(0, 0), (1, 2), (2, 3)]
        .into_iter()
        .filter_map(move |(before, start)| {
            let mut bytes = vec![0; before];
            bytes.extend(value);
            let digits = BASE64_STANDARD_NO_PAD.encode(&bytes);
            let end = bytes.len() * 8 / 6;
            let bytes = digits.as_bytes().get(start..end)?.to_vec();
            Some(Pattern {
                bytes,
                is_base64: true,
            })
        })
}

/// Returns the range of all base64 around a place, from `least` on.
fn whole_base64(text: &[u8], least: usize, range: std::ops::Range<usize>) -> (usize, usize) {
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
    let mut start = range.start;
    while start > least && belongs(text[start - 1]) {
        let is_escape = start > least + 1 && text[start - 2] == b'\\';
        if is_escape && b"nrt".contains(&text[start - 1]) {
            break;
        }
        start -= 1;
    }
    let rest = text[range.end..].iter();
    let more = rest.take_while(|byte| belongs(**byte) || **byte == b'=');
    (start, range.end + more.count())
}

/// Returns the texts that a text can be decoded to, one layer of escapes after the other.
pub(super) fn layers(text: &str) -> impl Iterator<Item = String> {
    /// Number of times that escapes are in escapes.
    const MOST_LAYERS: usize = 4;
    std::iter::successors(escape::decoded(text), |text| escape::decoded(text)).take(MOST_LAYERS)
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};

    use super::*;

    const SECRET: &str = "p@ss\"wo\u{f6}rd/7>?~";

    fn hidden(text: &str) -> String {
        let mut known = Known::default();
        known.learn(SECRET);
        Finder::of(&known).hide(text).into_owned()
    }

    #[rstest::rstest]
    #[case::plain(SECRET)]
    #[case::json(r#"p@ss\"wo\u00f6rd\/7>?~"#)]
    #[case::all_as_utf16(
        r"\u0070\u0040\u0073\u0073\u0022\u0077\u006f\u00F6\u0072\u0064\u002f\u0037\u003e\u003f\u007e"
    )]
    #[case::json_in_json(r#"p@ss\\\"wo\\u00f6rd\\/7\\u003e?~"#)]
    #[case::url("p%40ss%22wo%C3%B6rd%2f7%3E%3F~")]
    #[case::html("p@ss&quot;wo&#246;rd/7&gt;?~")]
    #[case::html_in_hex("p&#x40;ss&#34;wo\u{f6}rd/7&gt;?~")]
    fn escaped_secret_is_hidden(#[case] form: &str) {
        assert_eq!(hidden(&format!("a {form} b")), "a (hidden) b");
    }

    #[test]
    fn base64_with_secret_is_hidden() {
        for before in ["", "a", "ab", "abc"] {
            for after in ["", "x", "xy"] {
                let text = format!("{before}{SECRET}{after}");
                let standard = BASE64_STANDARD.encode(&text);
                assert_eq!(hidden(&format!("a {standard} b")), "a (hidden) b");
                let url = BASE64_URL_SAFE_NO_PAD.encode(&text);
                assert_eq!(hidden(&format!("a\\n{url} b")), "a\\n(hidden) b");
                let (first, second) = standard.split_at(9);
                let broken = format!("a: {first}\n  {second}\n");
                assert_eq!(hidden(&broken), "a: (hidden)\n");
            }
        }
    }

    #[test]
    fn other_text_stays_as_written() {
        let text = "p@ss\\\"w%40 &amp; caf\u{e9} \\u0070@ss 2026-05-01_x\n";
        assert_eq!(hidden(text), text);
        assert_eq!(Finder::of(&Known::default()).hide(text), text);
    }

    #[test]
    fn short_text_is_no_known_secret() {
        let mut known = Known::default();
        known.learn("true");
        known.learn("(hidden)");
        assert_eq!(
            Finder::of(&known).hide("is true (hidden)"),
            "is true (hidden)"
        );
    }
}
