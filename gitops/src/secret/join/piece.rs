//! A piece of a joined text.

use std::ops::Range;

/// Text in place of an expression between two pieces.
pub(super) const EXPRESSION: &str = "{}";

/// A piece of a joined text: its place there, and the line and place in the file.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) at: usize,
    pub(super) line: usize,
    pub(super) place: Range<usize>,
}
