//! Joins the strings that a program writes in pieces: `"a" "b"`, `"a" + "b"`, `"".join(["a", "b"])`, and `"%s" % "a"`.
//!
//! A joined text is searched like a line of the program, with the code that stands before it. Every text has a greatest
//! length, so that the time stays linear. Begin reading at [`Joiner::next`].

use std::ops::Range;

use super::lex::{Text, TextKind};
use format::Argument;
use piece::{EXPRESSION, Piece};

mod format;
mod piece;

/// Longest code that is kept in front of a string.
const LONGEST_HEAD: usize = 256;
/// Longest joined text, and the greatest number of its pieces.
const LONGEST: usize = 4096;
const MOST_PIECES: usize = 256;
/// Longest expression between two pieces.
const LONGEST_EXPRESSION: usize = 80;

/// A text that a program writes in pieces.
#[derive(Debug)]
pub(super) struct Joined {
    /// The code before the text, and the text in quotes.
    pub(super) line: String,
    /// Place of the text in `line`.
    start: usize,
    pieces: Vec<Piece>,
}

impl Joined {
    /// Returns true if a place is inside the text.
    pub(super) fn is_text(&self, at: usize) -> bool {
        at >= self.start
    }

    /// Returns true if a part of the text is in one piece, so that the line of this piece shows it.
    pub(super) fn is_in_one_piece(&self, part: &Range<usize>) -> bool {
        let within =
            |piece: &Piece| piece.at <= part.start && part.end <= piece.at + piece.place.len();
        self.pieces.iter().any(within)
    }

    /// Returns the lines and places in the file of a part of the text, one for each line.
    pub(super) fn places(&self, part: &Range<usize>) -> Vec<(usize, Range<usize>)> {
        let mut places: Vec<(usize, Range<usize>)> = Vec::new();
        for Piece { at, line, place } in &self.pieces {
            let from = part.start.max(*at);
            let until = part.end.min(at + place.len());
            if from >= until {
                continue;
            }
            let (start, end) = (place.start + from - at, place.start + until - at);
            match places.last_mut() {
                Some((last, range)) if *last == *line => range.end = end,
                _ => places.push((*line, start..end)),
            }
        }
        places
    }
}

/// Strings that follow each other, with what links them.
#[derive(Debug)]
struct Run {
    head: String,
    text: String,
    pieces: Vec<Piece>,
    form: Form,
    has_expression: bool,
}

/// How the strings of a run belong together.
#[derive(Debug)]
enum Form {
    /// They follow each other.
    Sequence,
    /// They are a list that is joined with this separator.
    List(String),
    /// They are the arguments of the first one; `None` is an expression.
    Template(Vec<Option<Argument>>),
}

/// What stands between two strings.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Link {
    /// They are one text.
    Joined,
    /// They are one text with an expression between them.
    ByExpression,
    /// The first one is the separator of a list that begins with the second one.
    Separator,
    /// The first one is a template, and the second one its first argument.
    Template,
    /// They are two texts.
    None,
}

impl Run {
    fn link(&self, between: &str) -> Link {
        let tight: String = between.split_whitespace().collect();
        if self.text.len() > LONGEST || self.pieces.len() > MOST_PIECES {
            return Link::None;
        }
        let operator = match self.form {
            Form::Sequence => '+',
            Form::List(_) | Form::Template(_) => ',',
        };
        let is_one = self.pieces.len() == 1 && operator == '+';
        let is_short = (3..=LONGEST_EXPRESSION).contains(&tight.len());
        match tight.as_str() {
            "" => Link::Joined,
            one if one.strip_prefix(operator) == Some("") => Link::Joined,
            ".join([" | ".join((" | ".join({" if is_one => Link::Separator,
            "%" | "%(" | ".format(" if is_one => Link::Template,
            more if is_short && more.starts_with(operator) && more.ends_with(operator) => {
                Link::ByExpression
            }
            _ => Link::None,
        }
    }

    /// Adds a string that `link` links with the last one.
    fn add(&mut self, link: Link, line: usize, place: Range<usize>, content: &str) {
        match link {
            Link::Separator => {
                self.form = Form::List(std::mem::take(&mut self.text));
                self.pieces.clear();
            }
            Link::Template => self.form = Form::Template(Vec::new()),
            Link::ByExpression | Link::Joined | Link::None => {}
        }
        let by_expression = link == Link::ByExpression;
        match &mut self.form {
            Form::Template(arguments) => {
                if by_expression {
                    arguments.push(None);
                }
                let content = content.to_owned();
                arguments.push(Some(Argument {
                    line,
                    place,
                    content,
                }));
                return;
            }
            Form::List(separator) if link != Link::Separator => self.text.push_str(separator),
            Form::List(_) | Form::Sequence => {}
        }
        if by_expression {
            self.text.push_str(EXPRESSION);
            self.has_expression = true;
        }
        let at = self.text.len();
        self.pieces.push(Piece { at, line, place });
        self.text.push_str(content);
    }

    fn joined(mut self) -> Option<Joined> {
        match &self.form {
            Form::Sequence if self.pieces.len() < 2 => return None,
            Form::Sequence | Form::List(_) => {}
            Form::Template(arguments) => {
                let (text, pieces, has_expression) =
                    format::filled(&self.text, self.pieces.first()?, arguments);
                (self.text, self.pieces, self.has_expression) = (text, pieces, has_expression);
            }
        }
        // With an expression in it, the text is not the whole value of a name.
        let head = if self.has_expression {
            ""
        } else {
            opened(&self.head)
        };
        let start = head.len() + 1;
        for piece in &mut self.pieces {
            piece.at += start;
        }
        Some(Joined {
            line: format!("{head}\"{}\"", self.text),
            start,
            pieces: self.pieces,
        })
    }
}

/// Reads a program line by line and joins its strings.
#[derive(Debug, Default)]
pub(super) struct Joiner {
    /// The statement up to the current run.
    before: String,
    run: Option<Run>,
    /// The code after the last string.
    between: String,
    /// Number of open brackets.
    depth: usize,
}

impl Joiner {
    /// Reads the next line, and returns the joined texts that end in it.
    pub(super) fn next(&mut self, number: usize, line: &str, texts: &[Text]) -> Vec<Joined> {
        let mut joined = Vec::new();
        let mut position = 0;
        for Text { range, kind } in texts {
            let code = line[position..range.start].trim_start_matches(QUOTES);
            position = range.end;
            match kind {
                TextKind::Comment => self.code(code),
                TextKind::String => {
                    self.code(without_prefix(code.trim_end_matches(QUOTES)));
                    joined.extend(self.string(number, range.clone(), &line[range.clone()]));
                }
                TextKind::PartOfString => {
                    self.code(code.trim_end_matches(QUOTES));
                    joined.extend(self.end());
                    self.between.clear();
                }
            }
        }
        let is_quoted = !texts.is_empty();
        let rest = &line[position..];
        self.code(if is_quoted {
            rest.trim_start_matches(QUOTES)
        } else {
            rest
        });
        let open = self.depth > 0 || self.between.trim_end().ends_with(['+', '=', '\\']);
        if open {
            self.between = self.between.trim_end_matches(['\\', ' ']).to_owned() + " ";
        } else {
            joined.extend(self.end());
            self.before.clear();
            self.between.clear();
        }
        joined
    }

    /// Ends the current run, at the end of the program too.
    pub(super) fn end(&mut self) -> Option<Joined> {
        let run = self.run.take()?;
        self.before = last(&format!("{}\"{}\"", run.head, run.text)).to_owned();
        run.joined()
    }

    fn code(&mut self, code: &str) {
        for byte in code.bytes() {
            match byte {
                b'(' | b'[' | b'{' => self.depth += 1,
                b')' | b']' | b'}' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        self.between.push_str(code);
        if self.between.len() > LONGEST_HEAD {
            self.between = last(&self.between).to_owned();
        }
    }

    fn string(&mut self, line: usize, place: Range<usize>, content: &str) -> Option<Joined> {
        let between = std::mem::take(&mut self.between);
        let link = self
            .run
            .as_ref()
            .map_or(Link::None, |run| run.link(&between));
        if let (Some(run), true) = (&mut self.run, link != Link::None) {
            run.add(link, line, place, content);
            return None;
        }
        let ended = self.end();
        let mut run = Run {
            head: last(&(std::mem::take(&mut self.before) + &between)).to_owned(),
            text: String::new(),
            pieces: Vec::new(),
            form: Form::Sequence,
            has_expression: false,
        };
        run.add(Link::None, line, place, content);
        self.run = Some(run);
        ended
    }
}

const QUOTES: [char; 3] = ['"', '\'', '`'];

/// Returns code without the letters before a string, as in `b"x"`.
fn without_prefix(code: &str) -> &str {
    let name = code.trim_end_matches(|char: char| char.is_ascii_alphanumeric() || char == '_');
    let prefix = &code[name.len()..];
    let is_prefix = prefix.len() <= 2 && prefix.bytes().all(|byte| b"rRbBfFuU".contains(&byte));
    if is_prefix { name } else { code }
}

/// Returns code without the brackets that only enclose the string behind it.
fn opened(head: &str) -> &str {
    let mut head = head.trim_end();
    while let Some(inner) = head.strip_suffix(['(', '[', '{']) {
        let inner = inner.trim_end();
        if inner.ends_with(|char: char| char.is_alphanumeric() || "_])".contains(char)) {
            break;
        }
        head = inner;
    }
    head
}

/// Returns the end of a text, at most [`LONGEST_HEAD`] bytes.
fn last(text: &str) -> &str {
    let mut start = text.len().saturating_sub(LONGEST_HEAD);
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

#[cfg(test)]
mod tests {
    use super::super::lex::Lexer;
    use super::*;

    fn joined(code: &str) -> Vec<String> {
        let (mut lexer, mut joiner) = (Lexer::new("x.py"), Joiner::default());
        let mut found = Vec::new();
        for (number, line) in code.lines().enumerate() {
            found.extend(joiner.next(number, line, &lexer.texts(line)));
        }
        found.extend(joiner.end());
        found.into_iter().map(|joined| joined.line).collect()
    }

    #[rstest::rstest]
    #[case("p = 'a' 'b'", &["p =\"ab\""])]
    #[case("p = 'a' + f'b'", &["p =\"ab\""])]
    #[case("p = (\n    'a'  # one\n    'b'\n)", &["p =\"ab\""])]
    #[case("p = 'a' \\\n    'b'", &["p =\"ab\""])]
    #[case("p = ''.join(['a', 'b'])", &["p =\"ab\""])]
    #[case("p = ':'.join((\n    'a',\n    'b',\n))", &["p =\"a:b\""])]
    #[case("p = 'a' + x + 'b'", &["\"a{}b\""])]
    #[case("c['n'] = 'a' 'b'", &["c[\"n\"] =\"ab\""])]
    #[case("f(n=S('a' 'b'))", &["f(n=S(\"ab\""])]
    #[case("('n', 'a' 'b')", &["(\"n\",\"ab\""])]
    #[case("p = '%s%s' % ('a', 'b')", &["p =\"ab\""])]
    #[case("p = '{}:{}'.format('a', 'b')", &["p =\"a:b\""])]
    #[case("p = 'x=%s' % 'a'", &["p =\"x=a\""])]
    #[case("p = '%s:%s' % ('a', x)", &["\"a:{}\""])]
    #[case("p = 'a'\n'b'", &[])]
    #[case("f('a', 'b')", &[])]
    #[case("p = 'a' if x else 'b'", &[])]
    #[case("p = '''a\nb''' 'c'", &[])]
    fn strings_in_pieces_are_joined(#[case] code: &str, #[case] expected: &[&str]) {
        assert_eq!(joined(code), expected);
    }

    #[test]
    fn place_of_joined_text_is_known() {
        let (mut lexer, mut joiner) = (Lexer::new("x.py"), Joiner::default());
        let line = "p = 'abc' + 'def'";
        let texts = lexer.texts(line);
        let found = joiner.next(7, line, &texts);
        let at = found[0].line.find("bcde").unwrap();
        let part = at..at + 4;
        assert_eq!(found[0].places(&part), [(7, 6..15)]);
        assert!(!found[0].is_in_one_piece(&part) && found[0].is_in_one_piece(&(at..at + 2)));
    }
}
