//! Finds paths in tokens that are no Rust syntax of their own: attributes, macro definitions, and
//! the arguments of macros with a language of their own.

use proc_macro2::{Ident, Literal, TokenStream, TokenTree};
use syn::LitStr;

use super::ident::{line, text};
use crate::tree::Path;

/// Every path in the tokens, and in string literals that hold a path of at least two names
/// (`#[serde(with = "crate::yaml::text")]`).
pub(super) fn paths(tokens: TokenStream) -> Vec<Path> {
    let mut found = Vec::new();
    collect(tokens, &mut found);
    found
}

/// What stood before the token that is being read.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    /// Something that ends a path.
    Break,
    /// A name that a path may go on from.
    Name,
    /// One colon or two, after a name or at the start of a path.
    Colons(usize),
    /// A `.`, `'` or `$`: the next name is a member, a lifetime or a macro's parameter.
    Mark(char),
}

fn collect(tokens: TokenStream, found: &mut Vec<Path>) {
    let mut before = Before::Break;
    let mut path: Option<Path> = None;
    for token in tokens {
        before = match token {
            TokenTree::Ident(name) => {
                match (before, &mut path) {
                    (Before::Colons(2), Some(path)) => path.segments.push(text(&name)),
                    (Before::Mark(mark), _) if !(mark == '$' && name == "crate") => {
                        found.extend(path.take());
                    }
                    _ => {
                        found.extend(path.replace(start(&name, before == Before::Colons(2))));
                    }
                }
                Before::Name
            }
            TokenTree::Punct(punct) => match (punct.as_char(), before) {
                (':', Before::Colons(1)) => Before::Colons(2),
                (':', Before::Name | Before::Break) => Before::Colons(1),
                (mark @ ('.' | '\'' | '$'), _) => Before::Mark(mark),
                _ => Before::Break,
            },
            TokenTree::Group(group) => {
                found.extend(path.take());
                collect(group.stream(), found);
                Before::Break
            }
            TokenTree::Literal(literal) => {
                found.extend(in_string(&literal));
                Before::Break
            }
        };
        if before == Before::Break {
            found.extend(path.take());
        }
    }
    found.extend(path);
}

fn start(name: &Ident, of_other_crate: bool) -> Path {
    Path {
        of_other_crate,
        segments: vec![text(name)],
        line: line(name),
    }
}

fn in_string(literal: &Literal) -> Option<Path> {
    let string: LitStr = syn::parse_str(&literal.to_string()).ok()?;
    let path: syn::Path = string.parse().ok()?;
    let segments: Vec<String> = path
        .segments
        .iter()
        .map(|segment| text(&segment.ident))
        .collect();
    (segments.len() > 1).then(|| Path {
        of_other_crate: path.leading_colon.is_some(),
        segments,
        line: literal.span().start().line,
    })
}
