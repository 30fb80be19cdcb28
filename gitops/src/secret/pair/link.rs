//! Finds what links a name with its value: an operator, a comma, a tag, or a space.

use super::super::name::Telling;
use super::super::syntax::Syntax;
use super::place::Name;

/// What stands between a name and its value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Link {
    /// `=` without spaces around it.
    Tight,
    /// `=` and the like.
    Equals,
    /// `:`.
    Colon,
    /// `,` after a name in quotes: an argument, or the next item of a list.
    Comma,
    /// `>` of XML.
    Tag,
    /// A space after `--name`.
    Flag,
    /// A space before a quote, or ` is `.
    Space,
    /// A space before any other word.
    Word,
}

impl Name<'_> {
    /// Returns what links the name with a value, and where the value begins.
    pub(super) fn link(&self, at: usize, whole: bool) -> Option<(Link, usize)> {
        let rest = self.rest(at);
        let trimmed = rest.trim_start();
        let spaces = rest.len() - trimmed.len();
        let place = at + spaces;
        for operator in ["===", "!==", "==", "!=", "=>", ":=", "?=", "+=", "="] {
            if let Some(value) = trimmed.strip_prefix(operator) {
                let tight = spaces == 0 && !value.starts_with(' ') && operator == "=";
                let link = if tight { Link::Tight } else { Link::Equals };
                return Some((link, place + operator.len()));
            }
        }
        if trimmed.starts_with(':') && !trimmed.starts_with("::") {
            let annotated = self.after_annotation(place + 1, whole);
            let value = self.behind_stars(annotated.unwrap_or(place + 1));
            // `arn:aws:secretsmanager:...:secret:db` is no pair.
            let spaced = self.rest(value).starts_with([' ', '"', '\'', '\\']);
            let clear = self.telling == Telling::Unmistakably;
            if !spaced && spaces == 0 && !clear && !self.is_first() {
                return None;
            }
            let link = if annotated.is_some() {
                Link::Equals
            } else {
                Link::Colon
            };
            return Some((link, value));
        }
        if let Some(value) = self.among(trimmed) {
            return Some((Link::Equals, value));
        }
        if whole && trimmed.starts_with(',') {
            return Some((Link::Comma, self.keyword(place + 1)));
        }
        if whole && spaces > 0 && trimmed.starts_with("value") {
            return Some((Link::Equals, self.keyword(place)));
        }
        let before = &self.line[..self.range.start];
        let closed = trimmed
            .chars()
            .take(1024)
            .skip(1)
            .find(|char| "<>@ ".contains(*char));
        if trimmed.starts_with('>') && before.ends_with('<') && closed == Some('<') {
            return Some((Link::Tag, place + 1));
        }
        if self.syntax == Syntax::Data
            && self.line[self.range.clone()].starts_with("--")
            && let Some(value) = trimmed.strip_prefix(',')
        {
            return Some((Link::Flag, self.line.len() - value.len()));
        }
        if spaces == 0 {
            return None;
        }
        let name = &self.line[self.range.clone()];
        if name.starts_with('-') && !trimmed.starts_with('-') {
            return Some((Link::Flag, place));
        }
        self.by_space(trimmed, place)
    }

    /// Returns where the values begin in `password in ("x", "y")`, or the default in
    /// `variable "password" { default = "x" }`.
    fn among(&self, trimmed: &str) -> Option<usize> {
        let start = self.line.len() - trimmed.len();
        if self.line[..self.range.start].ends_with("variable \"") && trimmed.starts_with('{') {
            let value = self.keyword(start);
            return (value != start).then_some(value);
        }
        let values = trimmed.strip_prefix("not ").unwrap_or(trimmed);
        let values = values.strip_prefix("in ")?;
        let is_code = self.syntax == Syntax::Code && !self.in_text;
        let is_list = is_code && values.starts_with(['(', '[', '{']);
        let clear = self.telling == Telling::Unmistakably;
        (is_list && clear).then(|| self.line.len() - values.len())
    }

    /// Returns the place behind the stars of Markdown, as in `**Password:** x`.
    fn behind_stars(&self, at: usize) -> usize {
        let text = self.rest(at).trim_start_matches('*');
        if self.in_text && text.starts_with(' ') {
            self.line.len() - text.len()
        } else {
            at
        }
    }

    /// Handles `PASSWORD 'x'` of SQL, `password x` of .netrc, `the password is x`, and `log in with password x`.
    fn by_space(&self, trimmed: &str, place: usize) -> Option<(Link, usize)> {
        let in_words = self.in_text || self.syntax != Syntax::Code;
        let is_compound = self.line[self.range.clone()].contains(['_', '-']);
        if !in_words || (self.telling == Telling::Weakly && !is_compound) {
            return None;
        }
        if self.telling != Telling::Unmistakably {
            let verb = ["is ", "was "]
                .iter()
                .find(|verb| trimmed.starts_with(**verb));
            return Some((Link::Word, place + verb.map_or(0, |verb| verb.len())));
        }
        let verbs = ["is ", "was ", "to "];
        let is_pass = self.line[self.range.clone()].eq_ignore_ascii_case("pass");
        if let Some(verb) = verbs
            .iter()
            .find(|verb| !is_pass && trimmed.starts_with(**verb))
        {
            return Some((Link::Space, place + verb.len()));
        }
        for dash in ["- ", "-> ", "\u{2013} "] {
            if let Some(value) = trimmed.strip_prefix(dash) {
                return Some((Link::Word, self.line.len() - value.len()));
            }
        }
        // As a verb, `pass` comes before any word, as in the tips of clap: `to pass '--x' as a value`.
        if is_pass && self.before().ends_with("to ") {
            return None;
        }
        let login = self.before().contains("login ");
        if login || trimmed.starts_with(['\'', '"']) {
            return Some((Link::Space, place));
        }
        let is_verb = is_pass && !self.before().contains("user ");
        (!is_verb).then_some((Link::Word, place))
    }

    /// Returns where the default value begins after the type of a parameter, as in `password: str = "x"`.
    fn after_annotation(&self, at: usize, whole: bool) -> Option<usize> {
        if self.syntax != Syntax::Code || whole {
            return None;
        }
        let rest = self.rest(at);
        let belongs = |char: char| char.is_alphanumeric() || " _.[]|,&".contains(char);
        let length = rest
            .chars()
            .take(80)
            .take_while(|char| belongs(*char))
            .count();
        let end = rest
            .char_indices()
            .nth(length)
            .map_or(rest.len(), |(end, _)| end);
        rest[end..].starts_with('=').then_some(at + end + 1)
    }

    /// Returns where the value of `value=`, `"value":` or `default=` begins; without one, `at` itself.
    fn keyword(&self, at: usize) -> usize {
        let rest = self.rest(at);
        let near = rest
            .char_indices()
            .nth(120)
            .map_or(rest, |(end, _)| &rest[..end]);
        for word in ["value", "default", "fallback"] {
            let Some(position) = near.to_ascii_lowercase().find(word) else {
                continue;
            };
            let after = near[position + word.len()..].trim_start_matches(['"', '\'', '\\', ' ']);
            if after.starts_with(['=', ':']) {
                return at + near.len() - after.len() + 1;
            }
        }
        at
    }
}
