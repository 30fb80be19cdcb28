//! What a change of a Dataflow costs, field by field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::code::{self, Code};
use crate::spec::absent::present;
use crate::spec::{ActionKind, DataflowSpec};

#[cfg(test)]
mod tests;

/// Shown in place of a credential.
const HIDDEN: &str = "(hidden)";

/// What a change costs, from cheap to dear.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cost {
    /// The processes run on.
    None,
    /// All processes stop once and start once.
    OneRestart,
    /// What the dataflow remembers is gone.
    StateLost,
}

/// One changed field, or one changed file of the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Path of the field, such as `spec.image.tag` or `spec.env[LEVEL]`, or of the file, such as
    /// `code/simple.py`.
    pub path: String,
    /// Old value or content, if there was one.
    pub old: Option<String>,
    /// New value or content, if there is one.
    pub new: Option<String>,
    /// What the change costs.
    pub cost: Cost,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no restart",
            Self::OneRestart => "one restart",
            Self::StateLost => "state lost",
        })
    }
}

/// Every difference between two versions of a Dataflow: fields first, then files, each by name.
///
/// Writing a default out is no difference. Credentials are never shown.
#[must_use]
pub fn changes(
    old: &DataflowSpec,
    old_code: &Code,
    new: &DataflowSpec,
    new_code: &Code,
) -> Vec<Change> {
    let mut changes = differences(&leaves(old), &leaves(new), |path| cost(path, old, new));
    if old.env != new.env
        && !changes
            .iter()
            .any(|change| change.path.starts_with("spec.env"))
    {
        // The same variables in another order: one may refer to those in front of it.
        let names = |spec: &DataflowSpec| {
            spec.env
                .iter()
                .map(|env| env.name.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        changes.push(Change {
            path: "spec.env".to_owned(),
            old: Some(names(old)),
            new: Some(names(new)),
            cost: Cost::OneRestart,
        });
    }
    let (old_files, new_files) = (files(old, old_code), files(new, new_code));
    changes.extend(differences(&old_files, &new_files, |_| Cost::OneRestart));
    changes
}

/// What several changes cost when they are made together.
#[must_use]
pub fn total(changes: &[Change]) -> Cost {
    changes
        .iter()
        .map(|change| change.cost)
        .max()
        .unwrap_or(Cost::None)
}

fn cost(path: &str, old: &DataflowSpec, new: &DataflowSpec) -> Cost {
    let keeps = |spec: &DataflowSpec| {
        spec.recovery
            .as_ref()
            .and_then(|recovery| recovery.enabled)
            .unwrap_or(false)
    };
    match path {
        "spec.configMapName" => Cost::None,
        _ if path.starts_with("spec.recovery.action") => action(new),
        // Volumes grow while they are used, and a class is for those that are yet to be made.
        _ if path.starts_with("spec.recovery.persistence") => Cost::None,
        _ if path.starts_with("spec.recovery") && keeps(old) && !keeps(new) => Cost::StateLost,
        _ => Cost::OneRestart,
    }
}

/// What an order to change the state costs; taking back one that was carried out costs nothing.
fn action(new: &DataflowSpec) -> Cost {
    let action = new.recovery.as_ref().and_then(|it| it.action.as_ref());
    match action.map(|action| action.kind) {
        None => Cost::None,
        Some(ActionKind::Adopt) => Cost::OneRestart,
        // Also a backup: what came after it is gone.
        Some(ActionKind::Restore | ActionKind::Reset | ActionKind::DropSteps) => Cost::StateLost,
    }
}

/// A text that is compared and shown. `shown` stands in for what must not or can't be printed.
#[derive(PartialEq, Eq)]
struct Text {
    exact: Vec<u8>,
    shown: String,
}

fn differences(
    old: &BTreeMap<String, Text>,
    new: &BTreeMap<String, Text>,
    cost: impl Fn(&str) -> Cost,
) -> Vec<Change> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    paths
        .into_iter()
        .filter(|path| old.get(*path) != new.get(*path))
        .map(|path| Change {
            path: path.clone(),
            old: old.get(path).map(|text| text.shown.clone()),
            new: new.get(path).map(|text| text.shown.clone()),
            cost: cost(path),
        })
        .collect()
}

/// Every field that says something, by its path.
fn leaves(spec: &DataflowSpec) -> BTreeMap<String, Text> {
    let mut spec = spec.without_defaults();
    let env = std::mem::take(&mut spec.env);
    let value = serde_json::to_value(spec).expect("a spec is plain JSON");
    let mut leaves = BTreeMap::new();
    collect("spec", &value, &mut leaves);
    for variable in env {
        let text = Text {
            exact: variable.value.clone().into_bytes(),
            shown: variable.value,
        };
        leaves.insert(format!("spec.env[{}]", variable.name), text);
    }
    leaves
}

fn collect(path: &str, value: &Value, leaves: &mut BTreeMap<String, Text>) {
    let text = match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                collect(&format!("{path}.{name}"), field, leaves);
            }
            return;
        }
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let secret = ["token", "accessKeyId", "secretAccessKey"]
        .iter()
        .any(|name| path.rsplit('.').next() == Some(name));
    let shown = if secret {
        HIDDEN.to_owned()
    } else {
        text.clone()
    };
    leaves.insert(
        path.to_owned(),
        Text {
            exact: text.into_bytes(),
            shown,
        },
    );
}

/// Every file of the code by its path, also those inside of an archive.
fn files(spec: &DataflowSpec, code: &Code) -> BTreeMap<String, Text> {
    let archive = present(spec.tar_name.as_ref());
    let mut files = BTreeMap::new();
    for (key, bytes) in code.iter() {
        let unpacked = archive
            .filter(|tar| *tar == key)
            .and_then(|_| code::unpack(bytes).ok());
        match unpacked {
            Some(inside) => {
                for file in inside {
                    files.insert(format!("code/{}", file.path), text(&file.bytes));
                }
            }
            None => {
                let path = code::path_for_key(key).unwrap_or_else(|_| key.to_owned());
                files.insert(format!("code/{path}"), text(bytes));
            }
        }
    }
    files
}

fn text(bytes: &[u8]) -> Text {
    let shown = std::str::from_utf8(bytes).map_or_else(
        |_| format!("(binary, {} bytes)", bytes.len()),
        str::to_owned,
    );
    Text {
        exact: bytes.to_vec(),
        shown,
    }
}
