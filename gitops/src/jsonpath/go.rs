//! Formats JSON values as Go's `fmt` and `encoding/json` do, because kubectl's texts are theirs.

use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

/// The least exponent for which `fmt` writes digits without an exponent, and the first one above.
const TEXT_EXPONENTS: (i32, i32) = (-4, 6);

/// The same of `encoding/json`.
const JSON_EXPONENTS: (i32, i32) = (-6, 21);

/// Returns a value of a template: text as it is, objects and arrays as JSON.
pub(super) fn printed(value: &Value) -> String {
    match value {
        Value::Object(_) | Value::Array(_) => json(value),
        scalar => self::value(scalar),
    }
}

/// Returns a value as `fmt.Sprint` writes it: `map[a:1 b:[x y]]`.
pub(crate) fn value(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::Bool(truth) => truth.to_string(),
        Value::Number(number) => self::number(number, TEXT_EXPONENTS),
        Value::String(text) => text.clone(),
        Value::Array(elements) => {
            let elements: Vec<String> = elements.iter().map(self::value).collect();
            format!("[{}]", elements.join(" "))
        }
        Value::Object(fields) => {
            let fields =
                sorted(fields).map(|(name, field)| format!("{name}:{}", self::value(field)));
            format!("map[{}]", fields.collect::<Vec<_>>().join(" "))
        }
    }
}

/// Returns the name of a value's type in Go.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_i64() => "int64",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// Returns the fields of an object in the order of their names.
pub(super) fn sorted(fields: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    let mut fields: Vec<_> = fields.iter().collect();
    fields.sort_by_key(|(name, _)| *name);
    fields.into_iter()
}

/// Returns a value as JSON in one line.
fn json(value: &Value) -> String {
    let mut text = String::new();
    write_json(value, None, &mut text);
    text
}

/// Returns a value as JSON with an indent of four spaces.
pub(super) fn indented(value: &Value) -> String {
    let mut text = String::new();
    write_json(value, Some(0), &mut text);
    text
}

fn write_json(value: &Value, indent: Option<usize>, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Value::Number(number) => text.push_str(&self::number(number, JSON_EXPONENTS)),
        Value::String(string) => write_string(string, text),
        Value::Array(elements) => {
            let elements = elements.iter().map(|element| (None, element)).collect();
            write_members(('[', ']'), elements, indent, text);
        }
        Value::Object(fields) => {
            let fields = sorted(fields).map(|(name, field)| (Some(name.as_str()), field));
            write_members(('{', '}'), fields.collect(), indent, text);
        }
    }
}

fn write_members(
    (open, close): (char, char),
    members: Vec<(Option<&str>, &Value)>,
    indent: Option<usize>,
    text: &mut String,
) {
    let line = |depth: Option<usize>, text: &mut String| {
        if let Some(depth) = depth {
            text.push('\n');
            text.extend(std::iter::repeat_n("    ", depth));
        }
    };
    let inner = indent.map(|depth| depth + 1);
    text.push(open);
    let empty = members.is_empty();
    for (index, (name, member)) in members.into_iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        line(inner, text);
        if let Some(name) = name {
            write_string(name, text);
            text.push_str(if indent.is_some() { ": " } else { ":" });
        }
        write_json(member, inner, text);
    }
    if !empty {
        line(indent, text);
    }
    text.push(close);
}

/// Writes a text with the escapes of `encoding/json`, which also protect HTML.
fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\u{1f}' => {
                write!(text, "\\u{:04x}", u32::from(character)).expect("a text takes everything");
            }
            other => text.push(other),
        }
    }
    text.push('"');
}

/// Returns a number. One that does not fit into 64 bits with a sign is a floating-point number in Go.
fn number(number: &Number, (least, above): (i32, i32)) -> String {
    if let Some(integer) = number.as_i64() {
        return integer.to_string();
    }
    let float = number.as_f64().unwrap_or(f64::NAN);
    // The shortest digits that mean this number, such as `1.5e-7`.
    let shortest = format!("{float:e}");
    let Some((digits, exponent)) = shortest.split_once('e') else {
        return shortest;
    };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if float == 0.0 || (least..above).contains(&exponent) {
        return float.to_string();
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    let exponent = exponent.abs();
    // `fmt` writes at least two digits; `encoding/json` removes the zero of a negative exponent.
    let short = (least, sign) == (JSON_EXPONENTS.0, '-');
    match short {
        true => format!("{digits}e{sign}{exponent}"),
        false => format!("{digits}e{sign}{exponent:02}"),
    }
}
