//! A name that tells of a secret, and what stands before and behind it.

use std::ops::Range;

use super::super::name::Telling;
use super::super::syntax::Syntax;

/// Longest text before a name that is read.
const LONGEST_HEAD: usize = 256;

/// A telling name at its place in a line.
pub(super) struct Name<'a> {
    /// Line with the name.
    pub(super) line: &'a str,
    /// Place of the name in it.
    pub(super) range: Range<usize>,
    /// How much the name says.
    pub(super) telling: Telling,
    /// Language around the name.
    pub(super) syntax: Syntax,
    /// Whether the name is inside a string or a comment.
    pub(super) in_text: bool,
    /// Whether a place is inside a string or a comment.
    pub(super) text_at: &'a dyn Fn(usize) -> bool,
}

impl Name<'_> {
    /// Returns the end of what stands before the name.
    pub(super) fn before(&self) -> &str {
        let mut start = self.range.start.saturating_sub(LONGEST_HEAD);
        while !self.line.is_char_boundary(start) {
            start += 1;
        }
        &self.line[start..self.range.start]
    }

    /// Whether the name is the first word of the line.
    pub(super) fn is_first(&self) -> bool {
        let before = self.before().trim_start_matches([' ', '\t', '-']);
        self.range.start <= LONGEST_HEAD && !before.contains(' ')
    }

    /// Returns the line from a place on.
    pub(super) fn rest(&self, at: usize) -> &str {
        self.line.get(at..).unwrap_or_default()
    }
}
