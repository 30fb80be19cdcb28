//! The JSONPath dialect of kubectl: `{.metadata.name}`, `{range .items[*]}...{end}`, filters, unions, slices, `..`.
//!
//! It is older than RFC 9535 and differs from it in many points, so crates for that standard do not fit. The rules here
//! are those of `k8s.io/client-go/util/jsonpath`, its oddities included. A test of the command line compares both over
//! a table of templates. Templates and results are bounded, so no template can exhaust the stack or the memory.
//! Begin reading in [`Template`].

mod evaluate;
pub(crate) mod go;
mod node;
mod parse;

use std::borrow::Cow;

use serde_json::Value;

pub use node::JsonPathError;
use node::Node;

/// A parsed template.
#[derive(Debug, Clone, PartialEq)]
pub struct Template {
    nodes: Vec<Node>,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    /// The template is not valid, or expressions are nested too deeply.
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        Ok(Self {
            nodes: parse::template(text, 0)?,
        })
    }

    /// Parses a path of `--sort-by` or of a column, which may lack the braces and the first dot.
    ///
    /// # Errors
    /// The text is not a path.
    pub fn parse_path(text: &str) -> Result<Self, JsonPathError> {
        Self::parse(&complete_path(text)?)
    }

    /// Returns the values of each part of the template.
    ///
    /// # Errors
    /// A step does not fit the value, or a field is missing and `allow_missing` is false.
    pub fn values<'a>(
        &self,
        object: &'a Value,
        allow_missing: bool,
    ) -> Result<Vec<Vec<Cow<'a, Value>>>, JsonPathError> {
        evaluate::template(&self.nodes, object, allow_missing)
    }

    /// Returns the text of the template for an object.
    ///
    /// # Errors
    /// As [`Template::values`].
    pub fn text(&self, object: &Value, allow_missing: bool) -> Result<String, JsonPathError> {
        let mut text = String::new();
        for values in self.values(object, allow_missing)? {
            let values = values.iter().map(|value| go::printed(value));
            text.push_str(&values.collect::<Vec<_>>().join(" "));
        }
        Ok(text)
    }

    /// Returns the values of each part of the template as a JSON array.
    ///
    /// # Errors
    /// As [`Template::values`].
    pub fn json(&self, object: &Value, allow_missing: bool) -> Result<String, JsonPathError> {
        let mut text = String::new();
        for values in self.values(object, allow_missing)? {
            let array = values.into_iter().map(Cow::into_owned).collect();
            text.push_str(&go::indented(&Value::Array(array)));
            text.push('\n');
        }
        Ok(text)
    }
}

/// Returns the path with braces and a dot: `{.metadata.name}`.
///
/// # Errors
/// The text has braces elsewhere than around everything, or nothing in them.
pub(crate) fn complete_path(text: &str) -> Result<String, JsonPathError> {
    let inner = text
        .strip_prefix('{')
        .and_then(|text| text.strip_suffix('}'))
        .unwrap_or(text);
    let path = match inner.strip_prefix('.') {
        Some(path) if !path.is_empty() => path,
        _ => inner,
    };
    if path.is_empty() || path.contains(['{', '}']) {
        return Err(JsonPathError::new(format!(
            "`{text}` is not a path such as `.metadata.name`"
        )));
    }
    Ok(format!("{{.{path}}}"))
}

#[cfg(test)]
mod tests;
