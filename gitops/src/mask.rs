//! Hides values that could be secrets: in diffs, in commit messages, and in whatever a message quotes.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::rendered::Rendered;
use crate::secret::{self, Hit, Lexer, hides};

/// Ends of the names of fields that contain the name of a Secret, which is not a secret itself. A variable with such a
/// name can still contain a secret.
const NAMES_OF_SECRETS: [&str; 2] = ["secretname", "pullsecret"];
/// Text that is shown instead of a value.
pub(crate) const HIDDEN: &str = "(hidden)";
/// Text that is shown instead of a changed value, so that the change is visible.
const HIDDEN_NEW: &str = "(hidden, changed)";
/// Shortest value that is hidden wherever it occurs.
const SHORTEST_KNOWN: usize = 6;

/// The secrets of two versions of a flow. A value whose name tells of a secret in one of them is hidden in both, also
/// under a name that does not tell.
#[derive(Debug, Clone, Default)]
pub(crate) struct Masks {
    values: BTreeSet<String>,
}

impl Masks {
    /// Collects the secrets of all versions.
    pub(crate) fn of<'a>(versions: impl IntoIterator<Item = &'a Rendered>) -> Self {
        let mut masks = Self::default();
        for version in versions {
            let spec = &version.dataflow.spec;
            for variable in &spec.env {
                masks.learn_variable(&variable.name, &variable.value);
            }
            masks.learn_call(&spec.python_file_name);
        }
        masks
    }

    /// Collects the value of an environment variable if it is a secret.
    pub(crate) fn learn_variable(&mut self, name: &str, value: &str) {
        if value.len() >= SHORTEST_KNOWN && secret::variable_tells(name, value) {
            self.values.insert(value.to_owned());
        }
    }

    /// Collects a secret in the arguments of an entry point.
    pub(crate) fn learn_call(&mut self, entry: &str) {
        let found = secret::in_call(entry, &[]).map(|(_, text)| text.to_owned());
        let long = found.filter(|text| text.len() >= SHORTEST_KNOWN);
        self.values.extend(long);
    }

    /// Hides both values of the field at `path` if its name or one of its values indicates a secret. Of a text with
    /// several lines only the secrets are hidden.
    pub(crate) fn field(&self, path: &str, old: &mut Option<String>, new: &mut Option<String>) {
        let long = |value: &Option<String>| value.as_ref().is_some_and(|text| text.contains('\n'));
        if !path_tells(path) && (long(old) || long(new)) {
            self.file("values.yaml", old, new);
            return;
        }
        let tells = |value: &Option<String>| {
            value.as_deref().is_some_and(|value| {
                self.has(value) || secret::value_tells(value) || env_tells(value)
            })
        };
        if !path_tells(path) && !tells(old) && !tells(new) {
            return;
        }
        let both = old.is_some() && new.is_some();
        *old = old.as_ref().map(|_| HIDDEN.to_owned());
        let hidden = if both { HIDDEN_NEW } else { HIDDEN };
        *new = new.as_ref().map(|_| hidden.to_owned());
    }

    /// Hides the secrets in both versions of a file. A change stays visible.
    pub(crate) fn file(&self, path: &str, old: &mut Option<String>, new: &mut Option<String>) {
        let same = old == new;
        let before = old.as_deref().map(|text| self.masked(path, text, None));
        let secrets = before.as_ref().map(|(_, secrets)| secrets);
        let after = new
            .as_deref()
            .map(|text| self.masked(path, text, secrets).0);
        let before = before.map(|(text, _)| text);
        if before == after && !same {
            *new = after.map(|text| format!("{text}\n{HIDDEN_NEW}"));
        } else {
            *new = after;
        }
        *old = before;
    }

    /// Returns a text with its secrets replaced, and the secrets. Those that `before` lacks have changed.
    fn masked(
        &self,
        path: &str,
        text: &str,
        before: Option<&BTreeSet<String>>,
    ) -> (String, BTreeSet<String>) {
        let (lines, lexer) = secret::lines_of(path, text.as_bytes());
        let texts: Vec<&str> = lines.iter().map(String::as_str).collect();
        let hits = secret::hits(&texts, lexer);
        let mut secrets = BTreeSet::new();
        let mut hidden = |text: &str| {
            let changed = before.is_some_and(|before| !before.contains(text));
            secrets.insert(text.to_owned());
            if changed { HIDDEN_NEW } else { HIDDEN }
        };
        let mut shown = String::with_capacity(text.len());
        for (number, line) in text.split_inclusive('\n').enumerate() {
            let content = line.trim_end_matches(['\n', '\r']);
            let first = hits.partition_point(|hit| hit.line < number);
            let of_line = hits[first..].iter();
            let of_line: Vec<&Hit> = of_line.take_while(|hit| hit.line == number).collect();
            let mut masked = content.to_owned();
            // The lines of a notebook are decoded before they are searched.
            if lines.get(number).is_none_or(|searched| searched == content) {
                for hit in of_line.iter().rev() {
                    let secret = &content[hit.range.clone()];
                    masked.replace_range(hit.range.clone(), hidden(secret));
                }
            } else if !of_line.is_empty() {
                hidden(content).clone_into(&mut masked);
            }
            for value in self.values.iter().filter(|value| !value.contains('\n')) {
                if masked.contains(value.as_str()) {
                    masked = masked.replace(value.as_str(), hidden(value));
                }
            }
            shown.push_str(&masked);
            shown.push_str(&line[content.len()..]);
        }
        (shown, secrets)
    }

    fn has(&self, text: &str) -> bool {
        self.values
            .iter()
            .any(|value| text.contains(value.as_str()))
    }
}

/// Replaces the secrets in a text for people, such as an error that quotes a value or a line of a file.
#[must_use]
pub fn redact(text: &str) -> Cow<'_, str> {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut hits = secret::hits(&lines, Lexer::new("message.txt"));
    // Excerpts of files have a number and a bar before each line.
    let excerpt = |line: &&str| {
        let (number, code) = line.split_once('|').unwrap_or_default();
        let numbered = number.trim().bytes().all(|byte| byte.is_ascii_digit());
        if numbered && line.contains('|') {
            line.len() - code.len()
        } else {
            line.len()
        }
    };
    let starts: Vec<usize> = lines.iter().map(excerpt).collect();
    let quoted: Vec<&str> = lines
        .iter()
        .zip(&starts)
        .map(|(line, start)| &line[*start..])
        .collect();
    let of_quoted = secret::hits(&quoted, Lexer::new("excerpt.yaml")).into_iter();
    hits.extend(of_quoted.map(|mut hit| {
        let start = starts[hit.line];
        hit.range = hit.range.start + start..hit.range.end + start;
        hit
    }));
    if hits.is_empty() {
        return Cow::Borrowed(text);
    }
    let mut redacted: Vec<String> = lines.iter().map(ToString::to_string).collect();
    // Both searches can find the same text, or one of them a part of what the other finds.
    for Hit { line, range, .. } in secret::merged(hits).into_iter().rev() {
        redacted[line].replace_range(range, HIDDEN);
    }
    Cow::Owned(redacted.join("\n"))
}

/// Returns true if the last part of the path indicates a secret.
fn path_tells(path: &str) -> bool {
    let name = path.rsplit(['.', '/', '[']).next().unwrap_or(path);
    let field = name.to_ascii_lowercase();
    let names_a_secret = NAMES_OF_SECRETS.iter().any(|end| field.ends_with(end));
    (path.starts_with("spec.env") || !names_a_secret) && hides(name)
}

/// Returns true if the value is a list of variables and one of their names indicates a secret.
fn env_tells(value: &str) -> bool {
    value
        .lines()
        .filter_map(|line| line.split_once('='))
        .any(|(name, _)| hides(name.trim()))
}

#[cfg(test)]
mod tests;
