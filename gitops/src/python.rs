//! Reads Python code as a list of statements, without running it and without a full parser.
//!
//! A statement is one logical line: comments are removed, lines in brackets are joined, and each string is replaced by
//! `""`, with its content beside it. That is enough to find assignments, definitions, imports and calls.

/// One logical line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Statement {
    /// Number of its first line, from 1.
    pub(crate) line: usize,
    /// Width of its indentation.
    pub(crate) indent: usize,
    /// Its text, in which each string is `""`.
    pub(crate) text: String,
    /// Its strings.
    pub(crate) literals: Vec<Literal>,
}

/// One string of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Literal {
    /// Position of its `""` in the text of the statement.
    pub(crate) at: usize,
    /// Its content, with the usual escapes resolved.
    pub(crate) value: String,
}

/// Returns the statements of a file, in their order.
pub(crate) fn statements(source: &str) -> Vec<Statement> {
    let mut reader = Reader {
        rest: source,
        line: 1,
        depth: 0,
        now: Statement::at(1, 0),
        done: Vec::new(),
    };
    reader.read();
    reader.done
}

impl Statement {
    fn at(line: usize, indent: usize) -> Self {
        Self {
            line,
            indent,
            text: String::new(),
            literals: Vec::new(),
        }
    }

    /// Returns the text after a keyword at the beginning.
    pub(crate) fn after(&self, keyword: &str) -> Option<&str> {
        let rest = self.text.strip_prefix(keyword)?;
        rest.starts_with(char::is_whitespace)
            .then(|| rest.trim_start())
    }

    /// Splits an assignment to one name, with or without a type, into the name and the value.
    pub(crate) fn assignment(&self) -> Option<(&str, &str)> {
        let (left, right) = self.text.split_once('=')?;
        if right.starts_with('=') {
            return None;
        }
        let name = left.split(':').next().unwrap_or(left).trim();
        is_name(name).then(|| (name, right.trim()))
    }

    /// Returns the literals between two positions of the text.
    pub(crate) fn literals_in(&self, from: usize, to: usize) -> impl Iterator<Item = &Literal> {
        self.literals
            .iter()
            .filter(move |literal| (from..to).contains(&literal.at))
    }

    /// Returns the calls of a function or class by its last name: the positions behind `(` and of `)`.
    pub(crate) fn calls<'a>(&'a self, name: &'a str) -> impl Iterator<Item = (usize, usize)> + 'a {
        self.text.match_indices(name).filter_map(move |(at, _)| {
            let before = self.text[..at].chars().next_back();
            let free = before.is_none_or(|before| !is_of_name(before));
            let open = at + name.len();
            (free && self.text[open..].starts_with('('))
                .then(|| (open + 1, closing(&self.text, open)))
        })
    }
}

/// Returns true if a text is a name of Python.
pub(crate) fn is_name(text: &str) -> bool {
    text.chars().all(is_of_name)
        && !text.starts_with(|first: char| first.is_ascii_digit())
        && !text.is_empty()
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Returns the position of the bracket that closes the one at `open`, or the end of the text.
pub(crate) fn closing(text: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    text.len()
}

/// Splits a list at the commas that are in no brackets.
pub(crate) fn split_list(text: &str) -> Vec<&str> {
    let (mut parts, mut depth, mut from) = (Vec::new(), 0_usize, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b',' if depth == 0 => {
                parts.push(text[from..at].trim());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text[from..].trim());
    parts.retain(|part| !part.is_empty());
    parts
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    depth: usize,
    now: Statement,
    done: Vec<Statement>,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        self.start_line();
        while let Some(letter) = self.rest.chars().next() {
            match letter {
                '#' => {
                    let end = self.rest.find('\n').unwrap_or(self.rest.len());
                    self.skip(end);
                }
                '\\' if self.rest[1..].trim_start_matches('\r').starts_with('\n') => {
                    self.skip(self.rest.find('\n').unwrap_or(0) + 1);
                    self.now.text.push(' ');
                }
                '\'' | '"' => self.string(),
                '\n' if self.depth > 0 => {
                    self.skip(1);
                    self.now.text.push(' ');
                }
                '\n' => {
                    self.skip(1);
                    self.end();
                    self.start_line();
                }
                ';' if self.depth == 0 => {
                    self.skip(1);
                    let indent = self.now.indent;
                    self.end();
                    self.now = Statement::at(self.line, indent);
                }
                _ => {
                    match letter {
                        '(' | '[' | '{' => self.depth += 1,
                        ')' | ']' | '}' => self.depth = self.depth.saturating_sub(1),
                        _ => {}
                    }
                    self.now.text.push(letter);
                    self.skip(letter.len_utf8());
                }
            }
        }
        self.end();
    }

    /// Skips bytes and counts their lines.
    fn skip(&mut self, bytes: usize) -> &'a str {
        let (skipped, rest) = self.rest.split_at(bytes);
        self.line += skipped.matches('\n').count();
        self.rest = rest;
        skipped
    }

    fn start_line(&mut self) {
        let mut indent = 0;
        for letter in self.rest.bytes() {
            match letter {
                b' ' => indent += 1,
                b'\t' => indent = (indent / 8 + 1) * 8,
                b'\r' | b'\x0c' => {}
                _ => break,
            }
        }
        let trimmed = self
            .rest
            .trim_start_matches([' ', '\t', '\r', '\x0c', '\u{feff}']);
        self.rest = trimmed;
        self.now = Statement::at(self.line, indent);
    }

    fn end(&mut self) {
        let mut statement = std::mem::replace(&mut self.now, Statement::at(self.line, 0));
        statement.text.truncate(statement.text.trim_end().len());
        let blank = statement.text.len() - statement.text.trim_start().len();
        statement.text.drain(..blank);
        for literal in &mut statement.literals {
            literal.at -= blank;
        }
        if !statement.text.is_empty() {
            self.done.push(statement);
        }
    }

    /// Reads a string whose prefix, if any, is the end of the text so far.
    fn string(&mut self) {
        let name = self.now.text.trim_end_matches(is_of_name).len();
        let prefix = self.now.text[name..].to_lowercase();
        let is_prefix = prefix.len() <= 2 && prefix.chars().all(|letter| "rbuft".contains(letter));
        if is_prefix {
            self.now.text.truncate(name);
        }
        let raw = is_prefix && prefix.contains('r');
        let quote = &self.rest[..1];
        let triple = quote.repeat(3);
        let quote = if self.rest.starts_with(&triple) {
            triple.as_str()
        } else {
            quote
        };
        self.skip(quote.len());
        let (length, end) = inside(self.rest, quote);
        let content = self.skip(length);
        self.skip(end);
        let value = if raw {
            content.to_owned()
        } else {
            unescaped(content)
        };
        let at = self.now.text.len();
        self.now.literals.push(Literal { at, value });
        self.now.text.push_str("\"\"");
    }
}

/// Returns the length of a string's content, and that of the quote behind it. A string in single quotes ends with its
/// line, so that an error in one line does not spread.
fn inside(text: &str, quote: &str) -> (usize, usize) {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with(quote) {
            return (at, quote.len());
        }
        if quote.len() == 1 && rest.starts_with('\n') {
            return (at, 0);
        }
        let letter = rest.chars().next().map_or(1, char::len_utf8);
        at += letter;
        if rest.starts_with('\\') {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    (at, 0)
}

fn unescaped(content: &str) -> String {
    let mut value = String::with_capacity(content.len());
    let mut letters = content.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('\n') | None => {}
                Some(other) => value.push(other),
            },
            other => value.push(other),
        }
    }
    value
}

#[cfg(test)]
mod tests;
