//! Collects the secrets that are in the objects and texts of a bundle, so that each is hidden in all of its files.
//!
//! Names of fields, arguments of programs, and JSON inside of texts help to find them. Begin reading at [`Found::learn`].

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::known::{Known, layers};
use crate::secret::{self, Lexer};

/// Longest text that is taken for one secret.
const LONGEST: usize = 8 << 10;

/// What was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// The secrets.
    pub(super) known: Known,
    /// The names of variables that users have defined.
    pub(super) variables: BTreeSet<String>,
}

impl Found {
    /// Remembers the secrets in an object, in its nested texts, and in its YAML.
    pub(super) fn learn(&mut self, object: &Value) {
        self.learn_below(object);
        let text = dataflow::yaml::to_string(object).unwrap_or_default();
        self.learn_text("object.yaml", &text);
    }

    /// Remembers a value that is a secret, also what it is in base64.
    pub(super) fn learn_value(&mut self, value: &str) {
        if value.len() > LONGEST {
            return;
        }
        self.known.learn(value);
        if let Some(inner) = from_base64(value) {
            self.known.learn(&inner);
            for secret in secrets(&inner, "value.yaml") {
                self.known.learn(&secret);
            }
        }
    }

    /// Remembers the secrets in a text of lines. The end of the path says what kind of text it is.
    pub(super) fn learn_text(&mut self, path: &str, text: &str) {
        for secret in secrets(text, path) {
            self.learn_value(&secret);
        }
        for line in text.lines() {
            if let Some(document) = line.find('{').and_then(|at| json(&line[at..])) {
                self.learn_below(&document);
            }
            for layer in layers(line) {
                for secret in secrets(&layer, "value.yaml") {
                    self.learn_value(&secret);
                }
            }
        }
    }

    fn learn_below(&mut self, value: &Value) {
        match value {
            Value::Array(items) => {
                let words: Vec<_> = items.iter().filter_map(Value::as_str).collect();
                self.learn_arguments(&words);
                items.iter().for_each(|item| self.learn_below(item));
            }
            Value::Object(fields) => {
                if let Some((name, value)) = variable(fields)
                    && secret::variable_tells(name, value)
                {
                    self.learn_value(value);
                }
                if let Some(Value::String(entry)) = fields.get("pythonFileName")
                    && let Some((_, text)) = secret::in_call(entry, &[])
                {
                    self.learn_value(text);
                }
                self.learn_arguments(&command_line(fields));
                self.variables.extend(variables_of_users(fields));
                fields.values().for_each(|field| self.learn_below(field));
            }
            Value::String(text) => {
                if let Some(document) = json(text) {
                    self.learn_below(&document);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn learn_arguments(&mut self, words: &[&str]) {
        for secret in in_arguments(words) {
            self.learn_value(&secret);
        }
    }
}

/// Returns the secrets in the arguments of a program, such as `["redis-cli", "-a", "x"]`.
pub(super) fn in_arguments(words: &[&str]) -> Vec<String> {
    if words.len() < 2 {
        return Vec::new();
    }
    let tells = |pair: &&[&str]| {
        let name = flag_name(pair[0]);
        name.is_some_and(|name| secret::variable_tells(name, pair[1]))
    };
    let pairs = words.windows(2).filter(tells);
    let mut found: Vec<String> = pairs.map(|pair| pair[1].to_owned()).collect();
    // As in a shell, and as in a list of texts.
    for line in [words.join(" "), format!("\"{}\"", words.join("\", \""))] {
        found.extend(secrets(&line.replace('\n', " "), "command.yaml"));
    }
    found
}

/// Returns the whole command line of a container, which two fields share.
pub(super) fn command_line(fields: &Map<String, Value>) -> Vec<&str> {
    let both = ["command", "args"].map(|key| fields.get(key).and_then(Value::as_array));
    let words = both.into_iter().flatten().flatten();
    words.filter_map(Value::as_str).collect()
}

/// Returns the name of a flag of a command line whose value is the next argument.
pub(super) fn flag_name(argument: &str) -> Option<&str> {
    let name = argument.strip_prefix('-')?.trim_start_matches('-');
    Some(name).filter(|name| !name.contains('='))
}

/// Returns name and value of an environment variable of a container or a Dataflow.
pub(super) fn variable(fields: &Map<String, Value>) -> Option<(&str, &str)> {
    let text = |key: &str| fields.get(key)?.as_str();
    Some((text("name")?, text("value")?))
}

/// Returns the document in a text, if it is an object or a list.
pub(super) fn json(text: &str) -> Option<Value> {
    let text = text.trim();
    let is_document = text.starts_with(['{', '[']);
    let parsed = is_document.then(|| serde_json::from_str(text));
    parsed?.ok()
}

/// Returns the names of the variables in `spec.env`. Only a Dataflow has them there; containers have a list of their own.
fn variables_of_users(fields: &Map<String, Value>) -> Vec<String> {
    let variables = fields.get("spec").and_then(|spec| spec.get("env"));
    let variables = variables.and_then(Value::as_array).into_iter().flatten();
    let names = variables.filter_map(|variable| variable.get("name")?.as_str());
    names.map(str::to_owned).collect()
}

/// Returns every secret of a text.
fn secrets(text: &str, path: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    let hits = secret::hits(&lines, Lexer::new(path)).into_iter();
    let texts = hits.filter_map(|hit| lines[hit.line].get(hit.range));
    texts.map(str::to_owned).collect()
}

/// Returns what a text is in base64, if that is a text, too.
fn from_base64(text: &str) -> Option<String> {
    let decoded = BASE64_STANDARD.decode(text.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let readable = |char: char| !char.is_control() || char.is_ascii_whitespace();
    text.chars().all(readable).then_some(text)
}
