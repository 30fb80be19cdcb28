//! Recognizes secrets by the name of a field, by the shape of a value, and by the place in which both stand.
//!
//! One list for all: [`crate::scan`] refuses what it finds, and [`crate::mask`] hides it. `docs/secrets.md` describes it
//! for users. Begin reading at [`in_file`]; the parts are
//!
//! - `name` and `value`, which judge a name and a value alone, and `judge`, which judges both together;
//! - `token`, `url`, `header` and `pem`, which find secrets without a name;
//! - `pair` and `item`, which find names with their values in one line and in several;
//! - `text`, which reads a text line by line, and `bytes`, which makes a text of a file.

mod base64;
mod bytes;
mod call;
mod header;
mod item;
mod judge;
mod lex;
mod literal;
mod name;
mod pair;
mod pem;
mod syntax;
mod text;
mod token;
mod url;
mod value;

pub(crate) use bytes::{in_file, lines_of};
pub(crate) use call::{in_call, parameters};
pub(crate) use judge::variable_tells;
pub(crate) use lex::Lexer;
pub(crate) use name::hides;
pub(crate) use text::{Hit, MARK, hits, in_sentences, value_tells};
