//! Finds names that tell of a secret together with their values: `password = "x"`, `--token x`, `<pwd>x</pwd>`.

mod link;
mod place;

use std::ops::Range;

use self::link::Link;
use self::place::Name;
use super::judge::{self, Form};
use super::literal;
use super::name::{Telling, tells};
use super::shell;
use super::syntax::Syntax;

/// Longest value and longest name.
const LONGEST: usize = 1024;
const LONGEST_NAME: usize = 128;
/// Last words of names that consist of two words in a sentence, such as `API key`.
const SECOND_WORDS: [&str; 5] = ["key", "phrase", "secret", "token", "word"];

/// A telling name with its value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Pair {
    /// Range of the name in the line.
    pub(super) name: Range<usize>,
    /// Range of the value in the line.
    pub(super) value: Range<usize>,
}

/// Returns every pair of a line whose value is a secret. `text_at` tells whether a place is inside a string or a
/// comment.
pub(super) fn secrets(line: &str, syntax: Syntax, text_at: &dyn Fn(usize) -> bool) -> Vec<Pair> {
    let mut found = Vec::new();
    let mut until = 0;
    let mut before = 0..0;
    for name in names(line) {
        let first = std::mem::replace(&mut before, name.clone());
        if name.start < until {
            continue;
        }
        let in_words = syntax == Syntax::Prose || text_at(name.start);
        let name = if in_words {
            with_first_word(line, first, name)
        } else {
            name
        };
        let Some(telling) = tells(&line[name.clone()]) else {
            continue;
        };
        let at = Name {
            line,
            range: name.clone(),
            telling,
            syntax: if syntax == Syntax::Data && text_at(name.start) {
                Syntax::Prose
            } else {
                syntax
            },
            in_text: in_words,
            text_at,
        };
        if let Some(value) = at.value() {
            until = value.end;
            found.push(Pair { name, value });
        }
    }
    found
}

/// Returns the range of a name with the word before it, if both together tell more, as in `API key`.
fn with_first_word(line: &str, first: Range<usize>, name: Range<usize>) -> Range<usize> {
    let second = line[name.clone()].to_lowercase();
    let both = first.start..name.end;
    let is_pair = SECOND_WORDS.contains(&second.as_str())
        && first.end + 1 == name.start
        && line[..name.start].ends_with(' ');
    if is_pair && tells(&line[both.clone()]) > tells(&line[name.clone()]) {
        both
    } else {
        name
    }
}

/// Returns the ranges of all texts of a line that could be names.
pub(super) fn names(line: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = line.as_bytes();
    let belongs = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            while at < bytes.len() && !belongs(bytes[at]) {
                at += 1;
            }
            // The letter of an escape, as in `\npassword=`, does not belong to the name.
            if at > 0
                && bytes.get(at - 1) == Some(&b'\\')
                && matches!(bytes.get(at), Some(b'n' | b't' | b'r'))
            {
                at += 1;
            }
            let start = at;
            while at < bytes.len() && belongs(bytes[at]) {
                at += 1;
            }
            if start == bytes.len() {
                return None;
            }
            if at - start <= LONGEST_NAME && at > start {
                return Some(start..at);
            }
        }
    })
}

impl Name<'_> {
    /// Returns the range of the value if it is a secret.
    fn value(&self) -> Option<Range<usize>> {
        if let Some(password) = self.basic_auth() {
            return Some(password);
        }
        let quote = self.quote();
        let mut at = self.range.end;
        if let Some(quote) = quote {
            at += quote.len();
        } else if self.rest(at).starts_with(['"', '\'', '`']) {
            at += 1;
        }
        if self.rest(at).starts_with(']') {
            at += 1;
        } else if let Some(end) = self.subscript(at) {
            at = end;
        }
        let (link, at) = self.link(at, quote.is_some())?;
        let is_shell = self.syntax == Syntax::Data && link == Link::Tight && !self.in_text;
        if is_shell && let Some((value, word)) = shell::word(self.line, at) {
            let name = &self.line[self.range.clone()];
            let found = judge::is_secret(name, self.telling, &word, Form::Data);
            return found.then_some(value);
        }
        if let Some(value) = literal::at(self.line, at) {
            // The quote that closes the text around the name opens no literal.
            let is_inside = value.start > 0 && (self.text_at)(value.start - 1);
            if self.syntax == Syntax::Code && self.in_text && quote.is_none() && !is_inside {
                return None;
            }
            let form = match (self.syntax, link) {
                (Syntax::Data, _) if !self.in_text => Form::Data,
                _ if self.is_environment() => Form::Variable,
                (_, Link::Comma) if !self.is_argument() => Form::Listed,
                _ => Form::Literal,
            };
            return self.judged(value, form);
        }
        if link == Link::Word {
            return self.word(at);
        }
        match (self.syntax, self.in_text && quote.is_none()) {
            (Syntax::Code, false) => self.expression(link, at),
            (Syntax::Data, false) => self.judged(self.unquoted(at, link), Form::Data),
            _ => {
                let form = if link == Link::Tight || link == Link::Tag {
                    Form::Tight
                } else {
                    Form::Prose
                };
                self.judged(self.unquoted(at, link), form)
            }
        }
    }

    /// Returns the range of a word behind the name that no sentence contains.
    fn word(&self, at: usize) -> Option<Range<usize>> {
        let at = at + usize::from(self.rest(at).starts_with('('));
        let value = self.unquoted(at, Link::Word);
        let text = &self.line[value.clone()];
        let is_set = ["ARG", "ENV", "set", "setenv"].contains(&self.before().trim())
            || &self.line[self.range.clone()] == "requirepass";
        if is_set && self.syntax == Syntax::Data {
            return self.judged(value, Form::Data);
        }
        let stands_out = judge::stands_out(text, self.telling);
        self.judged(value, Form::Prose).filter(|_| stands_out)
    }

    fn judged(&self, value: Range<usize>, form: Form) -> Option<Range<usize>> {
        let (name, text) = (
            &self.line[self.range.clone()],
            self.line.get(value.clone())?,
        );
        judge::is_secret(name, self.telling, text, form).then_some(value)
    }

    /// Returns where `["key"]` behind the name ends, as in `passwords["prod"] = "x"`.
    fn subscript(&self, at: usize) -> Option<usize> {
        let key = self.rest(at).strip_prefix('[')?;
        let end = key
            .char_indices()
            .take(64)
            .find(|(_, char)| *char == ']')?
            .0;
        let clear = self.telling == Telling::Unmistakably && !self.in_text;
        clear.then_some(at + end + 2)
    }

    /// Returns the closing quote if the name is the whole content of a string.
    fn quote(&self) -> Option<&'static str> {
        let before = &self.line[..self.range.start];
        ["\\\"", "\\'", "\"", "'", "`"]
            .into_iter()
            .find(|quote| before.ends_with(quote) && self.rest(self.range.end).starts_with(quote))
    }

    /// Whether the name is the first argument of a call such as `os.getenv("DB_PASSWORD", "x")`.
    fn is_argument(&self) -> bool {
        let name = &self.line[self.range.clone()];
        let before = self.line[..self.range.start].trim_end_matches(['"', '\'', '\\']);
        let call = before
            .strip_suffix('(')
            .or_else(|| before.strip_suffix("name="));
        name.starts_with("--")
            || before.ends_with(": ")
            || call.is_some_and(|call| {
                call.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '(')
            })
    }

    /// Whether the name is a variable in `os.environ["API_TOKEN"] = "x"`, `getenv("API_TOKEN", "x")` and the like.
    fn is_environment(&self) -> bool {
        let name = &self.line[self.range.clone()];
        let is_shouted = !name.contains(|char: char| char.is_ascii_lowercase());
        let before = self.before().trim_end_matches(['"', '\'']);
        let callee = before.trim_end_matches(['(', '[', '{']);
        let outside = |char: char| !(char.is_ascii_alphanumeric() || "_.".contains(char));
        let called = callee.rsplit(outside).next().unwrap_or_default();
        let reads = callee.len() < before.len() && called.to_ascii_lowercase().contains("env");
        let clear = self.telling == Telling::Clearly && self.syntax == Syntax::Code;
        clear && is_shouted && reads
    }

    /// Returns the password of `auth=("user", "password")`, `auth = "user", "password"` and
    /// `HTTPBasicAuth("user", "password")`.
    fn basic_auth(&self) -> Option<Range<usize>> {
        let name = self.line[self.range.clone()].to_lowercase();
        let rest = self.rest(self.range.end);
        let value = rest.trim_start_matches([' ', '=']);
        let is_assigned =
            rest.trim_start().starts_with('=') && !rest.trim_start().starts_with("==");
        let listed = value.strip_prefix('[').filter(|_| is_assigned);
        let bare = Some(value).filter(|value| is_assigned && value.starts_with(['"', '\'']));
        let call = value.strip_prefix('(').or(listed).or(bare)?;
        let is_call = ["credentials", "creds"]
            .iter()
            .any(|end| name.ends_with(end));
        if self.syntax != Syntax::Code || !(name.ends_with("auth") || is_call) {
            return None;
        }
        let form = if is_call {
            Form::Listed
        } else {
            Form::Variable
        };
        let literals = literal::in_call(self.line, self.line.len() - call.len());
        let user = literals.first()?;
        let password = literals.get(1)?.clone();
        // Another argument can follow `auth="basic"`.
        let between = &self.line[user.end..password.start];
        let is_pair = between.chars().all(|char| "\"', rbfu".contains(char));
        if bare.is_some() && !is_pair {
            return None;
        }
        let text = &self.line[password.clone()];
        judge::is_secret("password", Telling::Unmistakably, text, form).then_some(password)
    }

    /// Judges an expression of a program by the literals in it.
    fn expression(&self, link: Link, at: usize) -> Option<Range<usize>> {
        if link == Link::Space || link == Link::Flag {
            return None;
        }
        let listed = literal::in_brackets(self.line, at);
        let is_alone = listed.len() == 1 && self.rest(at).trim_start().starts_with('(');
        let form = if is_alone {
            Form::Literal
        } else {
            Form::Listed
        };
        let of_list = listed
            .into_iter()
            .find_map(|range| self.judged(range, form));
        if of_list.is_some() {
            return of_list;
        }
        let literals = literal::of_expression(self.line, at);
        let of_literal = literals
            .into_iter()
            .find_map(|range| self.judged(range, Form::Literal));
        of_literal.or_else(|| {
            let number = self.unquoted(at, Link::Tight);
            let text = &self.line[number.clone()];
            let digits = text.len() >= 6 && text.bytes().all(|byte| byte.is_ascii_digit());
            (digits && self.telling == Telling::Unmistakably).then_some(number)
        })
    }

    /// Returns the range of a value without quotes.
    fn unquoted(&self, at: usize, link: Link) -> Range<usize> {
        let start = self.line.len() - self.rest(at).trim_start().len();
        let first = self.is_first();
        // Order: cut before it is searched, because a line can have thousands of names.
        let rest = self.rest(start);
        let mut longest = rest.len().min(LONGEST);
        while !rest.is_char_boundary(longest) {
            longest -= 1;
        }
        let rest = &rest[..longest];
        let whole_line = first && link == Link::Colon && self.syntax == Syntax::Data;
        let value = if whole_line {
            let comment = rest.find(" #").unwrap_or(rest.len());
            rest[..comment].trim_end().trim_end_matches([',', ';'])
        } else {
            let lone = first && self.syntax == Syntax::Data && !self.in_text;
            let ends = |char: char| {
                char.is_whitespace()
                    || (!lone && ",;&\"'`)".contains(char))
                    || (link == Link::Tag && char == '<')
            };
            let value = rest.split(ends).next().unwrap_or_default();
            let value = value.trim_end_matches(['.', ',', ':', '\\']);
            if value.contains(['{', '[', '<']) {
                value
            } else {
                value.trim_end_matches(['}', ']', '>'])
            }
        };
        start..start + value.len()
    }
}

#[cfg(test)]
mod tests;
