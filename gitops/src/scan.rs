//! Finds secrets in the files and the message of a commit before they get into git. Each finding has its place.

use std::collections::BTreeSet;
use std::fmt;

use crate::file_change::FileChange;
use crate::layout::{self, DATAFLOW};
use crate::rendered::Rendered;
use crate::secret::{self, MARK};

/// A text that looks like a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Place: a file and a line.
    pub place: String,
    /// Kind of the secret. The value itself is never shown.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} contains {}", self.place, self.what)
    }
}

/// The secrets in the files of a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Secrets that the commit would put into git.
    pub new: Vec<Finding>,
    /// Secrets in lines that are in git already. Refusing them would protect nothing.
    pub known: Vec<Finding>,
}

/// Returns every text that looks like a secret in the changed files of a flow's folder.
///
/// A line with the mark `waxctl:allow-secret` is not searched.
#[must_use]
pub fn scan(folder: &str, flow: &Rendered, changes: &[FileChange]) -> Scan {
    let mut found = Scan::default();
    for change in changes {
        let Some(new) = &change.new else { continue };
        let path = change.path.strip_prefix(folder).unwrap_or(&change.path);
        let path = path.trim_start_matches('/');
        found.new.extend(in_text_of("the name of a file", path));
        let hits = secret::in_file(path, new);
        let old = change.old.as_deref();
        // The old file is read only if there is something to compare.
        let before = old
            .filter(|_| !hits.is_empty())
            .map(|old| secret::in_file(path, old));
        let before: BTreeSet<(String, String)> = before
            .into_iter()
            .flatten()
            .map(|hit| (hit.path, hit.text))
            .collect();
        for hit in hits {
            let finding = Finding {
                place: place(&hit.path, hit.line),
                what: hit.rule,
            };
            let list = if before.contains(&(hit.path, hit.text)) {
                &mut found.known
            } else {
                &mut found.new
            };
            list.push(finding);
        }
        if path == DATAFLOW {
            in_entry(flow, new, old.unwrap_or_default(), &mut found);
            in_variables(flow, new, old.unwrap_or_default(), &mut found);
        }
    }
    found
}

/// Searches the variables as the resource has them, for YAML that no line of the file shows as a pair.
fn in_variables(flow: &Rendered, new: &[u8], old: &[u8], found: &mut Scan) {
    if found
        .new
        .iter()
        .any(|finding| finding.place.starts_with(DATAFLOW))
    {
        return;
    }
    let (new, old) = (String::from_utf8_lossy(new), String::from_utf8_lossy(old));
    for variable in &flow.dataflow.spec.env {
        let is_marked = |line: &str| {
            line.contains(MARK)
                && [&variable.name, &variable.value]
                    .iter()
                    .any(|it| line.contains(*it))
        };
        if old.contains(&variable.value) || new.lines().any(is_marked) {
            continue;
        }
        let pair = serde_json::json!({ &variable.name: variable.value }).to_string();
        let hit = secret::in_file("variables.json", pair.as_bytes())
            .into_iter()
            .next();
        found.new.extend(hit.map(|hit| Finding {
            place: format!("{DATAFLOW}: spec.env[{}]", variable.name),
            what: hit.rule,
        }));
    }
}

/// Returns every text in a commit message that looks like a secret.
#[must_use]
pub fn in_message(text: &str) -> Vec<Finding> {
    let hits = secret::in_sentences(text).into_iter();
    let first = hits.filter(|hit| !hit.continued);
    first
        .map(|hit| Finding {
            place: place("the commit message", Some(hit.line + 1)),
            what: hit.rule.into_owned(),
        })
        .collect()
}

/// Returns every text in the name of a branch that looks like a secret.
#[must_use]
pub fn in_branch(name: &str) -> Vec<Finding> {
    in_text_of("the name of the branch", name)
}

/// Returns the secrets of a text that cannot be shown itself.
fn in_text_of(place: &str, text: &str) -> Vec<Finding> {
    let hits = secret::in_sentences(text).into_iter();
    hits.map(|hit| Finding {
        place: place.to_owned(),
        what: hit.rule.into_owned(),
    })
    .collect()
}

fn place(path: &str, line: Option<usize>) -> String {
    line.map_or_else(|| path.to_owned(), |line| format!("{path} line {line}"))
}

/// Searches the arguments of the call that builds the flow.
fn in_entry(flow: &Rendered, new: &[u8], old: &[u8], found: &mut Scan) {
    let entry = &flow.dataflow.spec.python_file_name;
    let Some((what, _)) = secret::in_call(entry, &parameters(flow)) else {
        return;
    };
    let text = String::from_utf8_lossy(new);
    let line = text
        .lines()
        .position(|line| line.trim_start().starts_with("pythonFileName:"));
    let line_text = line
        .and_then(|line| text.lines().nth(line))
        .unwrap_or_default();
    let place = place(DATAFLOW, line.map(|line| line + 1));
    let listed = found
        .new
        .iter()
        .chain(&found.known)
        .any(|known| known.place == place);
    if listed || line_text.contains(MARK) {
        return;
    }
    let known = !line_text.is_empty() && String::from_utf8_lossy(old).contains(line_text);
    let list = if known {
        &mut found.known
    } else {
        &mut found.new
    };
    list.push(Finding { place, what });
}

/// Returns the names of the parameters of the function that builds the flow.
fn parameters(flow: &Rendered) -> Vec<String> {
    let entry = &flow.dataflow.spec.python_file_name;
    let Some((file, call)) = entry.split_once(':') else {
        return Vec::new();
    };
    let function = call.split('(').next().unwrap_or_default();
    let path = file.strip_suffix(".py").unwrap_or(file).replace('.', "/");
    let names = [
        format!("{path}.py"),
        format!("{path}/__init__.py"),
        file.to_owned(),
    ];
    let mut files = layout::code_files(flow);
    let code = files.find(|(path, _)| names.contains(path));
    code.map_or_else(Vec::new, |(_, bytes)| {
        secret::parameters(&String::from_utf8_lossy(bytes), function)
    })
}

#[cfg(test)]
mod corpus;
#[cfg(test)]
mod tests;
