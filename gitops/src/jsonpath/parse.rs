//! Parses templates.

use super::node::{End, Filter, JsonPathError, Node, Slice};

/// How deep expressions may be nested, in filters and unions.
const MAX_DEPTH: usize = 16;

/// Parses a template, or an expression of a filter or union in braces.
pub(super) fn template(text: &str, depth: usize) -> Result<Vec<Node>, JsonPathError> {
    if depth > MAX_DEPTH {
        return Err(JsonPathError::new(format!(
            "expressions are nested more than {MAX_DEPTH} deep"
        )));
    }
    let mut nodes = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        if open > 0 {
            nodes.push(Node::Text(rest[..open].to_owned()));
        }
        let mut parser = Parser {
            text: rest,
            position: open + 1,
            depth,
        };
        nodes.push(Node::List(parser.expression()?));
        rest = &rest[parser.position..];
    }
    if !rest.is_empty() {
        nodes.push(Node::Text(rest.to_owned()));
    }
    Ok(nodes)
}

/// Parses an expression that is part of another one.
fn nested(text: &str, depth: usize) -> Result<Vec<Node>, JsonPathError> {
    match template(&format!("{{{text}}}"), depth + 1)?
        .into_iter()
        .next()
    {
        Some(Node::List(nodes)) => Ok(nodes),
        _ => Ok(Vec::new()),
    }
}

/// A position in a template, inside braces.
struct Parser<'a> {
    text: &'a str,
    position: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.position..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.position += prefix.len();
        }
        found
    }

    /// Returns the text up to the first character that `ends` accepts.
    fn take_until(&mut self, ends: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(ends).unwrap_or(rest.len());
        self.position += length;
        &rest[..length]
    }

    /// Parses the steps up to the closing brace.
    fn expression(&mut self) -> Result<Vec<Node>, JsonPathError> {
        let mut nodes = Vec::new();
        loop {
            if self.skip("}") {
                return Ok(nodes);
            }
            if self.skip("[?(") {
                nodes.push(self.filter()?);
                continue;
            }
            if self.skip("..") {
                if nodes.last() == Some(&Node::Recursive) {
                    return Err(JsonPathError::new("invalid multiple recursive descent"));
                }
                nodes.push(Node::Recursive);
                if self.peek().is_some_and(is_word) {
                    nodes.push(self.field());
                }
                continue;
            }
            match self.peek() {
                None | Some('\r' | '\n') => return Err(JsonPathError::new("unclosed action")),
                // The current object.
                Some(' ' | '@' | '$') => self.position += 1,
                Some('[') => self.array(&mut nodes)?,
                Some(quote @ ('"' | '\'')) => nodes.push(self.quoted(quote)?),
                Some('.') => {
                    self.position += 1;
                    nodes.push(self.field());
                }
                Some(digit) if matches!(digit, '+' | '-') || digit.is_ascii_digit() => {
                    nodes.push(self.number()?);
                }
                Some(letter) if is_word(letter) => nodes.push(self.word()),
                Some(other) => {
                    let text = format!("unrecognized character in action: `{other}`");
                    return Err(JsonPathError::new(text));
                }
            }
        }
    }

    fn word(&mut self) -> Node {
        match self.take_until(ends_name) {
            "true" => Node::Bool(true),
            "false" => Node::Bool(false),
            word => Node::Identifier(word.to_owned()),
        }
    }

    /// Parses the name of a field. A backslash quotes the next character.
    fn field(&mut self) -> Node {
        let mut name = String::new();
        while let Some(character) = self.peek() {
            if character == '\\' {
                self.position += 1;
                if let Some(quoted) = self.peek() {
                    self.position += quoted.len_utf8();
                    name.extend(Some(quoted).filter(|quoted| *quoted != '\\'));
                }
            } else if ends_name(character) {
                break;
            } else {
                self.position += character.len_utf8();
                name.push(character);
            }
        }
        match name.as_str() {
            "*" => Node::Wildcard,
            _ => Node::Field(name),
        }
    }

    fn number(&mut self) -> Result<Node, JsonPathError> {
        let start = self.position;
        if matches!(self.peek(), Some('+' | '-')) {
            self.position += 1;
        }
        self.take_until(|character| character != '.' && !character.is_ascii_digit());
        let text = &self.text[start..self.position];
        if let Ok(number) = text.parse() {
            return Ok(Node::Int(number));
        }
        match text.parse() {
            Ok(number) => Ok(Node::Float(number)),
            Err(_) => Err(JsonPathError::new(format!("cannot parse number {text}"))),
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Node, JsonPathError> {
        self.position += 1;
        let start = self.position;
        loop {
            self.take_until(|character| character == quote || character == '\n');
            match self.peek() {
                Some('\n') | None => {
                    return Err(JsonPathError::new("unterminated quoted string"));
                }
                Some(_) => self.position += 1,
            }
            let inner = &self.text[start..self.position - 1];
            if !inner.ends_with('\\') {
                return match unquote(inner, quote) {
                    Some(text) => Ok(Node::Text(text)),
                    None => Err(JsonPathError::new(format!(
                        "cannot unquote string {quote}{inner}{quote}"
                    ))),
                };
            }
        }
    }

    /// Parses what is in square brackets: an index, a slice, a key, or several of them.
    fn array(&mut self, nodes: &mut Vec<Node>) -> Result<(), JsonPathError> {
        self.position += 1;
        let text = self.take_until(|character| matches!(character, ']' | '\n'));
        if !self.skip("]") {
            return Err(JsonPathError::new("unterminated array"));
        }
        if text.contains(',') {
            let parts = text.split(',');
            let parts =
                parts.map(|part| nested(&format!("[{}]", part.trim_matches(' ')), self.depth));
            nodes.push(Node::Union(parts.collect::<Result<_, _>>()?));
            return Ok(());
        }
        let key = text
            .strip_prefix('\'')
            .and_then(|text| text.strip_suffix('\''));
        if let Some(key) = key.filter(|key| !key.contains('\'')) {
            nodes.extend(nested(&format!(".{key}"), self.depth)?);
            return Ok(());
        }
        nodes.push(Node::Slice(slice(text)?));
        Ok(())
    }

    /// Parses a condition, after `[?(`.
    fn filter(&mut self) -> Result<Node, JsonPathError> {
        let start = self.position;
        let (mut opened, mut closed) = (None, false);
        loop {
            let before = self.text[..self.position].chars().next_back();
            let Some(character) = self.peek().filter(|character| *character != '\n') else {
                return Err(JsonPathError::new("unterminated filter"));
            };
            self.position += character.len_utf8();
            match (character, opened) {
                ('"' | '\'', None) => opened = Some(character),
                (quote, Some(pair)) if quote == pair && before != Some('\\') => closed = true,
                // A parenthesis in a text does not end the filter.
                (')', _) if opened.is_some() == closed => break,
                _ => {}
            }
        }
        let text = &self.text[start..self.position - 1];
        if !self.skip("]") {
            return Err(JsonPathError::new("unclosed array expect ]"));
        }
        let filter = match comparison(text) {
            Some((left, operator, right)) => Filter {
                left: nested(left, self.depth)?,
                right: nested(right, self.depth)?,
                operator: Some(operator.to_owned()),
            },
            None => Filter {
                left: nested(text, self.depth)?,
                right: Vec::new(),
                operator: None,
            },
        };
        Ok(Node::Filter(Box::new(filter)))
    }
}

/// Splits a condition at its operator. Neither side is empty.
fn comparison(text: &str) -> Option<(&str, &str, &str)> {
    let of_operator = |character: char| matches!(character, '!' | '<' | '>' | '=');
    let start = text.find(of_operator).filter(|start| *start > 0)?;
    let length = text[start..]
        .find(|character| !of_operator(character))
        .unwrap_or(text.len() - start - 1);
    let (operator, right) = text[start..].split_at(length);
    (length > 0).then_some((&text[..start], operator, right))
}

/// Parses `INDEX`, `START:END` or `START:END:STEP`.
fn slice(text: &str) -> Result<Slice, JsonPathError> {
    let text = if text == "*" { ":" } else { text };
    let parts: Vec<&str> = text.split(':').collect();
    let digits = |part: &&str| {
        let digits = part.strip_prefix('-').unwrap_or(part);
        digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if parts.len() > 3 || !parts.iter().all(digits) {
        return Err(JsonPathError::new(format!("invalid array index {text}")));
    }
    let number = |part: Option<&&str>| match part {
        None | Some(&"") => Ok(None),
        Some(part) => part
            .parse::<i64>()
            .map(Some)
            .map_err(|_| JsonPathError::new(format!("array index {part} is not a number"))),
    };
    Ok(Slice {
        start: number(parts.first())?,
        end: match (parts.get(1), number(parts.get(1))?) {
            (None, _) => End::AfterStart,
            (Some(_), None) => End::Open,
            (Some(_), Some(end)) => End::At(end),
        },
        step: number(parts.get(2))?,
    })
}

/// Returns the text of a quoted string with the escapes of Go.
fn unquote(text: &str, quote: char) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let escape = rest.next()?;
        let mut number = |digits: usize, radix: u32, first: Option<char>| {
            let digits: String = first
                .into_iter()
                .chain(rest.by_ref().take(digits))
                .collect();
            u32::from_str_radix(&digits, radix).ok()
        };
        match escape {
            'a' => bytes.push(7),
            'b' => bytes.push(8),
            'f' => bytes.push(12),
            'n' => bytes.push(b'\n'),
            'r' => bytes.push(b'\r'),
            't' => bytes.push(b'\t'),
            'v' => bytes.push(11),
            '\\' => bytes.push(b'\\'),
            '\'' | '"' if escape == quote => bytes.push(u8::try_from(escape).ok()?),
            'x' => bytes.push(u8::try_from(number(2, 16, None)?).ok()?),
            '0'..='7' => bytes.push(u8::try_from(number(2, 8, Some(escape))?).ok()?),
            'u' | 'U' => {
                let digits = if escape == 'u' { 4 } else { 8 };
                let character = char::from_u32(number(digits, 16, None)?)?;
                bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => return None,
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether a character ends the name of a field.
fn ends_name(character: char) -> bool {
    matches!(
        character,
        ' ' | '\t' | '\r' | '\n' | '.' | ',' | '[' | ']' | '$' | '@' | '{' | '}'
    )
}

fn is_word(character: char) -> bool {
    character == '_' || character.is_alphanumeric()
}
