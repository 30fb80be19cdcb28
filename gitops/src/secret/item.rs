//! Finds secrets whose name and value are in different lines: items of `env`, blocks of YAML, continued lines, and
//! defaults of options and variables.

use std::ops::Range;

use super::judge::{self, Form};
use super::literal;
use super::name::{Telling, tells};
use super::pair::names;
use super::syntax::Syntax;

/// Number of lines between a name and its value, and between an option and its default.
const FARTHEST: usize = 3;
const FARTHEST_DEFAULT: usize = 12;
/// Quotes of a string of several lines begin with one of these.
const TRIPLE: [char; 2] = ['"', '\''];

/// A name that waits for its value.
#[derive(Debug)]
struct Waiting {
    name: String,
    telling: Telling,
    line: usize,
    indent: usize,
    kind: Kind,
}

impl Waiting {
    /// Returns true if the value can only come in a later line, since another argument of the same call is in this one.
    fn goes_on(&mut self, line: &str, number: usize) -> bool {
        match self.kind {
            Kind::Default => {
                let closed = line.matches([')', ']', '}']).count();
                let ends = closed > line.matches(['(', '[', '{']).count();
                let near = number - self.line <= FARTHEST_DEFAULT;
                near && !ends && self.default_value(line, number).is_none()
            }
            Kind::User => {
                let more = literal::in_call(line, 0).len() < 2 && line.trim_end().ends_with(',');
                if more {
                    (self.kind, self.line) = (Kind::Password, number);
                }
                more
            }
            _ => false,
        }
    }

    /// Returns the place of the default of an option or a variable, or of the next argument after an option.
    fn default_value(&self, line: &str, number: usize) -> Option<Range<usize>> {
        default_of(line).or_else(|| {
            let is_next = number == self.line + 1;
            let value = literal::at(line, 0).filter(|_| is_next)?;
            (!line[value.clone()].starts_with('-')).then_some(value)
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// `name: DB_PASSWORD`, before `value:`.
    Item,
    /// `password: |`, before a block.
    Block,
    /// `password = (`, before a literal.
    Continued,
    /// `("password",` or `passwords = [`, before a literal.
    Listed,
    /// `password = """`, before the lines of a text.
    Text,
    /// `- --password`, before the next item.
    Argument,
    /// `"--password",` or `variable "password" {`, before `default = "x"`.
    Default,
    /// `auth=(`, before the name of a user.
    User,
    /// `auth=(` and the name of a user, before the password.
    Password,
}

/// What earlier lines say about the next one.
#[derive(Debug, Default)]
pub(super) struct Items {
    waiting: Option<Waiting>,
    /// Value of an item whose name has not come yet.
    value: Option<(String, usize, Range<usize>)>,
}

/// A secret with the name that tells of it, and the number of its line if that is an earlier one.
pub(super) struct Found {
    pub(super) name: String,
    pub(super) line: usize,
    pub(super) range: Range<usize>,
}

impl Items {
    /// Reads the next line.
    pub(super) fn next(&mut self, line: &str, number: usize, syntax: Syntax) -> Option<Found> {
        if matches!(syntax, Syntax::Prose | Syntax::Binary) || line.trim().is_empty() {
            return None;
        }
        let field = Field::of(line);
        let is_name = |key: &str| ["name", "key"].contains(&key.to_lowercase().as_str());
        // Another item begins, or another name: neither has the value of an earlier one.
        let begins = line.trim_start().starts_with("- ");
        if begins {
            self.value = None;
        }
        if begins || field.as_ref().is_some_and(|field| is_name(field.key)) {
            self.waiting.take_if(|waiting| waiting.kind == Kind::Item);
        }
        let found = self.answered(line, number, syntax);
        if let Some(Field { key, value, .. }) = &field {
            let text = &line[value.clone()];
            match key.to_lowercase().as_str() {
                "name" | "key" => return found.or_else(|| self.named(line, text, number)),
                "value" => self.value = Some((text.to_owned(), number, value.clone())),
                _ => {}
            }
        }
        if found.is_none() {
            self.wait_for_next_line(line, number, syntax, field.as_ref());
        }
        found
    }

    /// Returns the secret if this line has the value of a name that waits.
    fn answered(&mut self, line: &str, number: usize, syntax: Syntax) -> Option<Found> {
        let mut waiting = self.waiting.take()?;
        if waiting.goes_on(line, number) {
            self.waiting = Some(waiting);
            return None;
        }
        let near = number - waiting.line <= FARTHEST;
        let range = match waiting.kind {
            Kind::Item => {
                let field = Field::of(line).filter(|field| field.key.eq_ignore_ascii_case("value"));
                let Some(field) = field else {
                    // Other fields of the item can come between.
                    self.waiting = Some(waiting).filter(|_| near);
                    return None;
                };
                if is_block(&line[field.value.clone()]) {
                    self.waiting = Some(Waiting {
                        kind: Kind::Block,
                        line: number,
                        indent: indent(line),
                        ..waiting
                    });
                    return None;
                }
                Some(field.value)
            }
            Kind::Block if indent(line) > waiting.indent => {
                let text = line.trim();
                let is_list = text.starts_with("- ") && !waiting.name.ends_with(['s', 'S']);
                let is_map = text.ends_with(':') || (text.contains(": ") && !text.starts_with('"'));
                let nested = is_map || is_list;
                let start = indent(line);
                (!nested).then(|| start..start + text.len())
            }
            Kind::Block => None,
            Kind::Continued | Kind::Listed | Kind::Password => literal::at(line, 0),
            Kind::Default => waiting.default_value(line, number),
            Kind::User => literal::in_call(line, 0).get(1).cloned(),
            Kind::Argument => Some(next_argument(line)),
            Kind::Text => {
                let text = line.trim().split(TRIPLE).next().unwrap_or_default();
                let text = text.trim_end_matches('\\');
                let start = indent(line);
                (!text.contains(char::is_whitespace)).then(|| start..start + text.len())
            }
        }?;
        let form = match (waiting.kind, syntax) {
            (Kind::Item, Syntax::Data) | (Kind::User | Kind::Password, _) => Form::Variable,
            (Kind::Listed, _) => Form::Listed,
            (_, Syntax::Data) => Form::Data,
            _ => Form::Literal,
        };
        let text = line[range.clone()].trim_matches(['"', '\'']);
        judge::is_secret(&waiting.name, waiting.telling, text, form).then_some(Found {
            name: waiting.name,
            line: number,
            range,
        })
    }

    /// Handles the name of an item. Its value has come before, or will come.
    fn named(&mut self, line: &str, name: &str, number: usize) -> Option<Found> {
        let telling = tells(name)?;
        if let Some((value, at, range)) = self.value.take()
            && number - at <= FARTHEST
            && judge::is_secret(name, telling, &value, Form::Variable)
        {
            return Some(Found {
                name: name.to_owned(),
                line: at,
                range,
            });
        }
        self.waiting = Some(Waiting {
            name: name.to_owned(),
            telling,
            line: number,
            indent: indent(line),
            kind: Kind::Item,
        });
        None
    }

    fn wait_for_next_line(
        &mut self,
        line: &str,
        number: usize,
        syntax: Syntax,
        field: Option<&Field<'_>>,
    ) {
        let end = line.trim_end().trim_end_matches('\\');
        let kind = match syntax {
            _ if end.ends_with("\"\"\"") || end.ends_with("'''") => Kind::Text,
            _ if variable(line).is_some() => Kind::Default,
            Syntax::Code if opens_login(end) => Kind::User,
            Syntax::Code if option(line).is_some() => Kind::Default,
            Syntax::Data if argument(line).is_some() => Kind::Argument,
            Syntax::Code if end.ends_with('[') || listed_name(line).is_some() => Kind::Listed,
            Syntax::Data if field.is_some_and(|field| is_block(&line[field.value.clone()])) => {
                Kind::Block
            }
            Syntax::Code if line.trim_end().ends_with(['=', '(', ':', '\\']) => Kind::Continued,
            _ => return,
        };
        let name = match (kind, field) {
            (Kind::Block, Some(field)) => Some(field.key),
            (Kind::Argument, _) => argument(line),
            (Kind::Default, _) => variable(line).or_else(|| option(line)),
            (Kind::User, _) => Some("password"),
            (Kind::Listed, _) => listed_name(line).or_else(|| last_name(line)),
            _ => last_name(line),
        };
        if let Some(name) = name
            && let Some(telling) = tells(name)
        {
            self.waiting = Some(Waiting {
                name: name.to_owned(),
                telling,
                line: number,
                indent: indent(line),
                kind,
            });
        }
    }
}

/// A line of the form `key: value` or `key = value`.
struct Field<'a> {
    key: &'a str,
    value: Range<usize>,
}

impl<'a> Field<'a> {
    fn of(line: &'a str) -> Option<Self> {
        let trimmed = line.trim_start_matches([' ', '\t', '-', '{', '(']);
        let (key, rest) = trimmed.split_once([':', '='])?;
        let key = key.trim().trim_matches(['"', '\'']);
        let value = rest.trim_start();
        let start = line.len() - value.len();
        let range = literal::at(line, start).unwrap_or_else(|| {
            let comment = value.find(" #").unwrap_or(value.len());
            let value = value[..comment].trim_end().trim_end_matches(',');
            let opened = value.contains(['{', '(']);
            let value = if opened {
                value
            } else {
                value.trim_end_matches(['}', ')'])
            };
            start..start + value.len()
        });
        (!key.is_empty() && key.len() <= 128).then_some(Self { key, value: range })
    }
}

/// Returns the last name of a line, if only what links it with a value follows.
fn last_name(line: &str) -> Option<&str> {
    let range = names(line).last()?;
    let mut after = line[range.end..].chars();
    let only_links = after.all(|char| " \"'=:([\\]".contains(char));
    only_links.then(|| &line[range])
}

/// Returns the flag of the item `- --password` or `"--password",`.
fn argument(line: &str) -> Option<&str> {
    let text = line.trim();
    let text = text.strip_prefix("- ").unwrap_or(text);
    let flag = text.trim_end_matches(',').trim_matches(['"', '\'']);
    let belongs = |char: char| char.is_ascii_alphanumeric() || "-_.".contains(char);
    (flag.starts_with("--") && flag.len() > 4 && flag.chars().all(belongs)).then_some(flag)
}

/// Returns the place of the item `- x` or `"x",`.
fn next_argument(line: &str) -> Range<usize> {
    let text = line.trim_start_matches([' ', '\t', '-', '"', '\'']);
    let start = line.len() - text.len();
    let text = text.trim_end().trim_end_matches(['"', '\'', ',']);
    start..start + text.len()
}

/// Returns the flag at the end of `add_argument("--password",`, or in a line of its own.
fn option(line: &str) -> Option<&str> {
    let in_call = || listed_name(line).filter(|name| name.starts_with("--"));
    let alone = argument(line).filter(|_| line.trim_end().ends_with(','));
    alone.or_else(in_call)
}

/// Returns the name in `variable "password" {`.
fn variable(line: &str) -> Option<&str> {
    let name = line.trim_start().strip_prefix("variable ")?;
    let (name, rest) = name.trim_start().strip_prefix('"')?.split_once('"')?;
    (rest.trim() == "{").then_some(name)
}

/// Returns the place of the string in `default = "x"`.
fn default_of(line: &str) -> Option<Range<usize>> {
    let field = Field::of(line).filter(|field| field.key == "default")?;
    let is_quoted = line[..field.value.start].ends_with(['"', '\'']);
    is_quoted.then_some(field.value)
}

/// Returns true for `auth=(` and `HTTPBasicAuth(` at the end of a line.
fn opens_login(line: &str) -> bool {
    let text = line.trim_end();
    let called = text.strip_suffix('(').filter(|name| name.ends_with("Auth"));
    let name = text.strip_suffix(['(', '[']).map(str::trim_end);
    let assigned = name.and_then(|name| name.strip_suffix('='));
    let assigned = assigned.is_some_and(|name| name.trim_end().ends_with("auth"));
    called.is_some() || assigned
}

/// Returns the name in `("password",` at the end of a line.
fn listed_name(line: &str) -> Option<&str> {
    let range = names(line).last()?;
    let (before, after) = (&line[..range.start], line[range.end..].trim_end());
    let is_first = ["(\"", "('", "[\"", "['"]
        .iter()
        .any(|open| before.ends_with(open));
    let is_listed = is_first && matches!(after, "\"," | "',");
    is_listed.then(|| &line[range])
}

/// Returns true if the value of a field of YAML is in the following lines.
fn is_block(value: &str) -> bool {
    matches!(value.trim(), "" | "|" | "|-" | "|+" | ">" | ">-" | ">+")
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}
