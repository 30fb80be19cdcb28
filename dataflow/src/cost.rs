//! The cost of a change of a Dataflow, field by field: no restart, one restart, or lost state.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

use crate::code::{self, Code};
use crate::spec::absent::present;
use crate::spec::{ActionKind, DataflowSpec};

#[cfg(test)]
mod tests;

/// Text that is shown instead of a credential.
const HIDDEN: &str = "(hidden)";

/// Cost of a change, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cost {
    /// The processes keep running.
    None,
    /// All processes stop once and start once.
    OneRestart,
    /// One restart, but the image has the code, and nobody can tell whether its steps keep their state.
    Unknown,
    /// The flow continues without some of its state. A store that was detached can be adopted again.
    StateLost,
}

/// One changed field, or one changed file of the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Path of the field, such as `spec.image.tag` or `spec.env[LEVEL]`, or of the file, such as
    /// `code/simple.py`.
    pub path: String,
    /// Old value or content; `None` if the field or file is new.
    pub old: Option<String>,
    /// New value or content; `None` if the field or file is removed.
    pub new: Option<String>,
    /// Cost of the change.
    pub cost: Cost,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "no restart",
            Self::OneRestart => "one restart",
            Self::Unknown => "unknown: the code is in the image",
            Self::StateLost => "state lost",
        })
    }
}

/// Returns every difference between two versions of a Dataflow: fields first, then files, each sorted by path.
///
/// A default that is written out is not a difference. The values of credentials are replaced by `(hidden)`.
///
/// ```
/// use dataflow::code::Code;
/// use dataflow::cost::{Cost, changes, total};
/// use dataflow::spec::DataflowSpec;
/// use dataflow::yaml;
///
/// let text = "{image: {tag: 0.21.1-python3.11}, pythonFileName: orders.py, configMapName: orders}";
/// let old: DataflowSpec = yaml::from_str(text)?;
/// let mut new = old.clone();
/// new.suspend = Some(false); // the default, so this is not a change
/// new.processes_count = Some(2);
///
/// let changes = changes(&old, &Code::new(), &new, &Code::new());
///
/// assert_eq!(changes.len(), 1);
/// assert_eq!(changes[0].path, "spec.processesCount");
/// assert_eq!(changes[0].new.as_deref(), Some("2"));
/// assert_eq!(total(&changes), Cost::OneRestart);
/// # Ok::<(), yaml::YamlError>(())
/// ```
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
        // Order: a variable can refer to those before it, so another order is a change.
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
    changes.extend(differences(&old_files, &new_files, |path| {
        cost(path, old, new)
    }));
    changes
}

/// Returns the highest cost of several changes, which is the cost of making them together.
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
    let in_image = old.has_code_in_image() || new.has_code_in_image();
    let of_code = path.starts_with("spec.image") || path.starts_with("code/");
    let of_code = of_code || matches!(path, "spec.pythonFileName" | "spec.codeInImage");
    match path {
        _ if in_image && of_code && keeps(old) && keeps(new) => Cost::Unknown,
        "spec.configMapName" => Cost::None,
        _ if path.starts_with("spec.recovery.action") => action(new),
        // A volume grows while it is in use, and the storage class applies only to volumes that are created later.
        _ if path.starts_with("spec.recovery.persistence") => Cost::None,
        _ if path.starts_with("spec.recovery") && keeps(old) && !keeps(new) => Cost::StateLost,
        _ => Cost::OneRestart,
    }
}

/// Returns the cost of the recovery action in the new spec. Removing an action costs nothing.
fn action(new: &DataflowSpec) -> Cost {
    let action = new
        .recovery
        .as_ref()
        .and_then(|recovery| recovery.action.as_ref());
    match action.map(|action| action.kind) {
        None => Cost::None,
        Some(ActionKind::Adopt) => Cost::OneRestart,
        // Restoring a backup loses all state that is newer than the backup.
        Some(ActionKind::Restore | ActionKind::Reset | ActionKind::DropSteps) => Cost::StateLost,
    }
}

/// A value or file: `exact` is compared, `shown` is printed. They differ for credentials and binary files.
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

/// Returns every field that differs from its default, by path.
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

/// Returns every file of the code by path, including the files inside an archive.
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
