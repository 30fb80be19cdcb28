//! Recognizes secrets by the name of a field, by the shape of a value, and by the place in which both stand.
//!
//! One list for all: [`crate::scan`] refuses what it finds, and [`crate::mask`] hides it. `docs/secrets.md` describes it
//! for users. Begin reading at [`in_file`]; the parts are
//!
//! - `name` and `value`, which judge a name and a value alone, and `judge`, which judges both together;
//! - `token`, `url`, `header`, `command` and `pem`, which find secrets without a name;
//! - `pair` and `item`, which find names with their values in one line and in several;
//! - `assign`, `compare`, `flow`, `markup`, `table`, `sql` and `manifest`, which find them where a language keeps them
//!   apart;
//! - `join`, `shell` and `encoded`, which make one text of what is written in pieces or in base64;
//! - `text`, which reads a text line by line, and `bytes`, which makes a text of a file.

mod assign;
mod base64;
mod bytes;
mod call;
mod command;
mod compare;
mod encoded;
mod flow;
mod header;
mod hit;
mod item;
mod join;
mod judge;
mod lex;
mod literal;
mod manifest;
mod markup;
mod name;
mod pair;
mod pem;
mod shell;
mod sql;
mod syntax;
mod table;
mod text;
mod token;
mod url;
mod value;

pub(crate) use bytes::{in_file, lines_of};
pub(crate) use call::{in_call, parameters};
pub(crate) use hit::{Hit, merged};
pub(crate) use judge::variable_tells;
pub(crate) use lex::Lexer;
pub(crate) use name::hides;
pub(crate) use text::{MARK, hits, in_sentences, value_tells};
