//! Finds paths in tokens that are no Rust syntax of their own: attributes, macro definitions, and
//! the arguments of macros with a language of their own.

use proc_macro2::{Ident, Literal, TokenStream, TokenTree};
use syn::LitStr;

use super::ident::{line, text};
use crate::tree::Path;

/// The keys of attributes whose string holds a path or a type, in serde, schemars and kube.
const KEYS_OF_PATHS: [&str; 14] = [
    "bound",
    "crate",
    "default",
    "deserialize_with",
    "from",
    "getter",
    "into",
    "remote",
    "schema_with",
    "serialize_with",
    "skip_serializing_if",
    "status",
    "try_from",
    "with",
];

/// Returns every path in the tokens, and every path of at least two names in the string after a key of
/// paths (`#[serde(with = "crate::yaml::text")]`). The string of another key is text.
pub(super) fn paths(tokens: TokenStream) -> Vec<Path> {
    let mut found = Vec::new();
    collect(tokens, &mut found);
    found
}

/// The meaning of the token before the one that is being read.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    /// A token that ends a path.
    Break,
    /// A name that a path may continue.
    Name,
    /// One colon or two, after a name or at the start of a path.
    Colons(usize),
    /// A `=` after one of [`KEYS_OF_PATHS`].
    Key,
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
                (':', Before::Name | Before::Break | Before::Key) => Before::Colons(1),
                ('=', Before::Name) if path.as_ref().is_some_and(is_key) => Before::Key,
                (mark @ ('.' | '\'' | '$'), _) => Before::Mark(mark),
                _ => Before::Break,
            },
            TokenTree::Group(group) => {
                found.extend(path.take());
                collect(group.stream(), found);
                Before::Break
            }
            TokenTree::Literal(literal) => {
                if before == Before::Key {
                    found.extend(in_string(&literal));
                }
                Before::Break
            }
        };
        if matches!(before, Before::Break | Before::Key) {
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

fn is_key(path: &Path) -> bool {
    matches!(path.segments.as_slice(), [name] if KEYS_OF_PATHS.contains(&name.as_str()))
}

fn in_string(literal: &Literal) -> Vec<Path> {
    let string = syn::parse_str::<LitStr>(&literal.to_string()).map(|string| string.value());
    let Some(Ok(tokens)) = string.ok().map(|text| text.parse::<TokenStream>()) else {
        return Vec::new();
    };
    let line = literal.span().start().line;
    let long = paths(tokens)
        .into_iter()
        .filter(|path| path.segments.len() > 1);
    long.map(|path| Path { line, ..path }).collect()
}
