//! Finds secrets among the arguments of the call that builds a flow: `orders.py:get_flow('topic', 'KEY')`.

use super::judge::variable_tells;
use super::literal;
use super::text::value_tells;
use super::value::{is_harmless, looks_random};

/// Returns the kind of the first secret in an entry point, with its text. `parameters` are the names of the function's
/// parameters, as far as they are known.
pub(crate) fn in_call<'a>(entry: &'a str, parameters: &[String]) -> Option<(String, &'a str)> {
    let (_, call) = entry.split_once('(')?;
    let mut before = entry.len() - call.len();
    let mut position = 0;
    for range in literal::in_call(entry, before) {
        let between = &entry[before..range.start];
        position += between.matches(',').count();
        before = range.end;
        let text = &entry[range];
        let name = keyword(between).or_else(|| parameters.get(position).cloned());
        if let Some(name) = name.filter(|name| variable_tells(name, text)) {
            return Some((format!("a secret, judging by the name `{name}`"), text));
        }
        if value_tells(text) || (looks_random(text) && !is_harmless(text)) {
            return Some(("what looks like a key".to_owned(), text));
        }
    }
    None
}

/// Returns the keyword in front of an argument.
fn keyword(before: &str) -> Option<String> {
    let before = before
        .trim_end_matches(['\'', '"', 'r', 'b', 'f', 'u'])
        .trim_end();
    let name = before.strip_suffix('=')?.trim_end();
    let start = name.rfind([',', '(', ' ']).map_or(0, |at| at + 1);
    Some(name[start..].to_owned())
}

/// Returns the names of the parameters of a function of a program, without their types.
pub(crate) fn parameters(code: &str, function: &str) -> Vec<String> {
    let head = format!("def {function}(");
    let Some((_, rest)) = code.split_once(&head) else {
        return Vec::new();
    };
    let list = rest.split(')').next().unwrap_or_default();
    let names = list.split(',').map(|item| {
        let name = item.split([':', '=']).next().unwrap_or_default();
        name.trim().to_owned()
    });
    names.take(64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[rstest::rstest]
    #[case("f.py:get_flow('clicks', 'hunter2')", Some("hunter2"))]
    #[case("f.py:get_flow('clicks', 'k', api_key='hunter2')", Some("hunter2"))]
    #[case(
        "f.py:get_flow(topic=\"clicks\", api_key=\"hunter2\")",
        Some("hunter2")
    )]
    #[case(
        "f.py:build('hx9Kq2fT7vLw0RzPb4YdNc8SgJm1XuEa')",
        Some("hx9Kq2fT7vLw0RzPb4YdNc8SgJm1XuEa")
    )]
    #[case(
        "f.py:build('postgres://app:hunter2@db.shop.net/x')",
        Some("postgres://app:hunter2@db.shop.net/x")
    )]
    #[case("f.py:get_flow('clicks', 'k')", None)]
    #[case("f.py:get_flow('clicks-of-shop-2024', window=2)", None)]
    #[case("f.py:flow", None)]
    fn secret_argument_is_found(#[case] entry: &str, #[case] secret: Option<&str>) {
        let names = parameters(
            "def get_flow(topic: str, api_key: str, window: int = 3):",
            "get_flow",
        );
        assert_eq!(names, ["topic", "api_key", "window"]);
        let names = if entry.contains("get_flow") {
            names
        } else {
            Vec::new()
        };
        assert_eq!(in_call(entry, &names).map(|(_, text)| text), secret);
    }
}
