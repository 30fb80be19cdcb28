//! Removes what makes a text unreadable for a search: colours, and control characters such as zero bytes, which would
//! make it binary.

use serde_json::Value;

/// Returns a text without colours and control characters. Colours can begin in the middle of a secret.
pub(super) fn text(text: &str) -> String {
    anstream::adapter::strip_str(text).to_string()
}

/// Returns an object whose texts have no colours and control characters.
pub(super) fn object(object: &Value) -> Value {
    match object {
        Value::String(value) => text(value).into(),
        Value::Array(items) => items.iter().map(self::object).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, field)| (key.clone(), self::object(field)))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => object.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn colours_and_zero_bytes_are_removed() {
        assert_eq!(text("a \u{1b}[35mb\u{1b}[0m\0"), "a b");
        let coloured = json!({"a": ["\u{1b}[35mb", 1, null]});
        assert_eq!(object(&coloured), json!({"a": ["b", 1, null]}));
    }
}
