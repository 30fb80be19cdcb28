//! Fills the templates of `"%s:%s" % ("a", "b")` and `"{}:{}".format("a", "b")`.

use std::ops::Range;

use super::piece::{EXPRESSION, Piece};

/// An argument that is a string: its line, its place there, and its content.
#[derive(Debug)]
pub(super) struct Argument {
    pub(super) line: usize,
    pub(super) place: Range<usize>,
    pub(super) content: String,
}

/// Returns the filled template with its pieces, and whether an argument is an expression. `template` is the piece with
/// the text of the template.
pub(super) fn filled(
    text: &str,
    template: &Piece,
    arguments: &[Option<Argument>],
) -> (String, Vec<Piece>, bool) {
    let mut filled = String::new();
    let mut pieces = Vec::new();
    let mut arguments = arguments.iter();
    let mut has_expression = false;
    let mut position = 0;
    let mut push = |filled: &mut String, line, place, content: &str| {
        let at = filled.len();
        pieces.push(Piece { at, line, place });
        filled.push_str(content);
    };
    while let Some((at, length)) = placeholder(&text[position..]) {
        let start = template.place.start + position;
        let before = &text[position..position + at];
        push(&mut filled, template.line, start..start + at, before);
        match arguments.next() {
            Some(Some(argument)) => {
                let place = argument.place.clone();
                push(&mut filled, argument.line, place, &argument.content);
            }
            _ => {
                filled.push_str(EXPRESSION);
                has_expression = true;
            }
        }
        position += at + length;
    }
    let start = template.place.start + position;
    push(
        &mut filled,
        template.line,
        start..template.place.end,
        &text[position..],
    );
    (filled, pieces, has_expression)
}

/// Returns the place and the length of the first placeholder.
fn placeholder(text: &str) -> Option<(usize, usize)> {
    let percent = text.find("%s").map(|at| (at, 2));
    let brace = text.find('{').and_then(|at| {
        let inner = &text[at + 1..];
        let length = inner.find('}')?;
        let plain = inner[..length]
            .chars()
            .all(|char| char.is_alphanumeric() || "_:!.".contains(char));
        plain.then_some((at, length + 2))
    });
    percent.into_iter().chain(brace).min()
}
