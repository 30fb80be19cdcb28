//! A secret that was found in a text, and what is found in a line without a name.

use std::borrow::Cow;
use std::ops::Range;

use super::{header, token, url};

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

/// Adds the secrets that are recognized without a name.
pub(super) fn without_name(line: &str, number: usize, found: &mut Vec<Hit>) {
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
pub(super) fn push(
    found: &mut Vec<Hit>,
    line: usize,
    range: Range<usize>,
    rule: Cow<'static, str>,
) {
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

/// Returns the hits of a line, or one hit for the whole line if there may be more than are looked for.
///
/// A hit of an earlier line, whose name is in this one, stays.
pub(super) fn of_line(mut found: Vec<Hit>, line: &str, number: usize) -> Vec<Hit> {
    if found.len() < MOST_IN_LINE {
        return found;
    }
    found.retain(|hit| hit.line != number);
    found.push(Hit {
        line: number,
        range: 0..line.len(),
        rule: "many secrets".into(),
        continued: false,
    });
    found
}

/// Returns the kind of a secret that a name tells of.
pub(super) fn by_name(name: &str) -> Cow<'static, str> {
    format!("a secret, judging by the name `{}`", name.trim_matches('-')).into()
}

/// Sorts hits by place and makes one of those that overlap, so that the text of each can be replaced alone.
pub(crate) fn merged(mut hits: Vec<Hit>) -> Vec<Hit> {
    hits.sort_by_key(|hit| (hit.line, hit.range.start));
    let mut merged: Vec<Hit> = Vec::with_capacity(hits.len());
    for hit in hits {
        match merged.last_mut() {
            Some(last) if last.line == hit.line && hit.range.start < last.range.end => {
                last.range.end = last.range.end.max(hit.range.end);
                last.continued &= hit.continued;
            }
            _ => merged.push(hit),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_that_overlap_become_one() {
        let hit = |line, range, continued| Hit {
            line,
            range,
            rule: "a key".into(),
            continued,
        };
        let hits = vec![
            hit(1, 4..9, false),
            hit(0, 2..5, true),
            hit(0, 0..3, false),
            hit(0, 5..6, false),
        ];
        let places: Vec<_> = merged(hits)
            .into_iter()
            .map(|hit| (hit.line, hit.range, hit.continued))
            .collect();
        assert_eq!(
            places,
            [(0, 0..5, false), (0, 5..6, false), (1, 4..9, false)]
        );
    }
}
