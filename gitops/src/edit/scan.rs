//! Finds the lines of a value in a YAML text by indentation. If a form is ambiguous, nothing is found.

use super::change::PathSegment;

/// A key of a block mapping or an item of a block list, with the lines that belong to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    /// The key, or the `name` of a list item.
    pub(super) segment: Option<PathSegment>,
    /// Number of the first line.
    pub(super) line: usize,
    /// Number of the line after the last one. Comments and blank lines after the value do not belong to it.
    pub(super) end: usize,
    /// Column of the key, or of the dash.
    pub(super) column: usize,
    /// Column of the value in the first line, after `key: ` or `- `.
    pub(super) value: usize,
}

/// Returns the lines of a text with their line ends.
pub(super) fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Returns the items of the top-level mapping.
pub(super) fn top(lines: &[&str]) -> Option<Vec<Item>> {
    let start = lines
        .iter()
        .position(|line| !is_skipped(line) && line.trim_end() != "---")?;
    items(lines, start, lines.len(), indent(lines[start]), 0)
}

/// Returns the items inside an item: the keys of its mapping or the entries of its list.
pub(super) fn children(lines: &[&str], item: &Item) -> Option<Vec<Item>> {
    if item
        .segment
        .as_ref()
        .is_some_and(|segment| matches!(segment, PathSegment::Named(_)))
        || item.segment.is_none()
    {
        // `- name: x`: the first key is in the same line as the dash.
        return items(lines, item.line, item.end, item.value, item.value);
    }
    if !is_skipped(&lines[item.line][item.value..]) {
        return None;
    }
    let first = (item.line + 1..item.end).find(|line| !is_skipped(lines[*line]))?;
    items(lines, first, item.end, indent(lines[first]), 0)
}

/// Splits a line after the key into the value and the rest: spaces, a comment and the line end.
pub(super) fn split_value(rest: &str) -> Option<(&str, &str)> {
    let length = match rest.chars().next()? {
        '"' => quoted(rest, '"')?,
        '\'' => quoted(rest, '\'')?,
        '&' | '*' | '!' | '|' | '>' | '{' | '[' | '%' | '@' | '`' => return None,
        _ => {
            let end = rest.find(" #").unwrap_or(rest.len());
            rest[..end].trim_end().len()
        }
    };
    let (value, after) = rest.split_at(length);
    is_skipped(after).then_some((value, after))
}

/// Returns true if a line, or the rest of a line, is blank or only a comment.
pub(super) fn is_skipped(line: &str) -> bool {
    let text = line.trim();
    text.is_empty() || text.starts_with('#')
}

pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

// Treats the first `masked` columns of the first line as spaces, to skip the dash of a list item.
fn items(
    lines: &[&str],
    start: usize,
    end: usize,
    column: usize,
    masked: usize,
) -> Option<Vec<Item>> {
    let mut found: Vec<Item> = Vec::new();
    let mut in_block = false;
    for (number, line) in lines.iter().enumerate().take(end).skip(start) {
        let here = if number == start {
            column.max(masked)
        } else {
            indent(line)
        };
        let blank = line.trim().is_empty();
        if blank || here > column {
            if let Some(item) = found.last_mut()
                && !blank
                && (in_block || !is_skipped(line))
            {
                item.end = number + 1;
            }
            continue;
        }
        if is_skipped(line) {
            in_block = false;
            continue;
        }
        let compact = line.trim_start().starts_with("- ")
            && here == column
            && found
                .last()
                .is_some_and(|item| is_key(item) && is_skipped(&lines[item.line][item.value..]));
        if compact && number != start {
            found.last_mut()?.end = number + 1;
            continue;
        }
        if here < column {
            return None;
        }
        let item = item(lines, number, column, end)?;
        in_block = lines[number][item.value..].starts_with(['|', '>']);
        found.push(item);
    }
    Some(found)
}

fn is_key(item: &Item) -> bool {
    matches!(item.segment, Some(PathSegment::Key(_)))
}

fn item(lines: &[&str], number: usize, column: usize, end: usize) -> Option<Item> {
    let line = lines[number].trim_end_matches(['\n', '\r']);
    let text = line.get(column..)?;
    if let Some(rest) = text.strip_prefix("- ") {
        let value = column + 2 + indent(rest);
        let mut item = Item {
            segment: None,
            line: number,
            end: number + 1,
            column,
            value,
        };
        item.end = (number + 1..end)
            .find(|next| !is_skipped(lines[*next]) && indent(lines[*next]) <= column)
            .unwrap_or(end);
        item.end = (number + 1..=item.end)
            .rev()
            .find(|e| !is_skipped(lines[e - 1]))?;
        item.segment = name_of(lines, &item).map(PathSegment::Named);
        item.end = number + 1;
        return Some(item);
    }
    let (key, colon) = key(text)?;
    let rest = &text[colon + 1..];
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    let value = column + colon + 1 + indent(rest);
    Some(Item {
        segment: Some(PathSegment::Key(key)),
        line: number,
        end: number + 1,
        column,
        value,
    })
}

fn name_of(lines: &[&str], item: &Item) -> Option<String> {
    let keys = items(lines, item.line, item.end, item.value, item.value)?;
    let name = keys
        .iter()
        .find(|key| key.segment == Some(PathSegment::Key("name".into())))?;
    let (value, _) = split_value(&lines[name.line][name.value..])?;
    Some(value.trim_matches(['"', '\'']).to_owned())
}

fn key(text: &str) -> Option<(String, usize)> {
    let first = text.chars().next()?;
    if first == '"' || first == '\'' {
        let end = quoted(text, first)?;
        let key = &text[1..end - 1];
        let colon = text[end..].starts_with(':').then_some(end)?;
        return (!key.contains(['\\', '\''])).then(|| (key.to_owned(), colon));
    }
    let end = text.find(':')?;
    let key = &text[..end];
    let plain = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
    plain.then(|| (key.to_owned(), end))
}

// Returns the length of a quoted scalar that ends on this line.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, char)) = chars.next() {
        if char == '\\' && quote == '"' {
            chars.next()?;
        } else if char == quote {
            if quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == '\'') {
                chars.next();
            } else {
                return Some(at + 1);
            }
        }
    }
    None
}
