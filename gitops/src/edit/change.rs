//! Compares two values leaf by leaf, and merges three versions of a value.

use std::fmt;

use serde_json::{Map, Value};

/// One segment of the path to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum PathSegment {
    /// A key of a mapping.
    Key(String),
    /// The list item with this `name`.
    Named(String),
}

/// One value to set or remove.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    /// Path to the value.
    pub(super) path: Vec<PathSegment>,
    /// New value; `None` removes the value.
    pub(super) value: Option<Value>,
}

impl Change {
    /// Returns the path as text: `spec.env[LOG_LEVEL].value`.
    pub(super) fn path_text(&self) -> String {
        self.path
            .iter()
            .map(ToString::to_string)
            .collect::<String>()
            .trim_start_matches('.')
            .to_owned()
    }
}

impl fmt::Display for PathSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PathSegment::Key(key) => write!(f, ".{key}"),
            PathSegment::Named(name) => write!(f, "[{name}]"),
        }
    }
}

/// Returns the changes that turn `old` into `new`. Lists of named items are compared by name, other lists as a whole.
pub(super) fn changes(old: &Value, new: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare(old, new, &mut Vec::new(), &mut found);
    found
}

/// A value that both sides changed in different ways.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Clash {
    /// Path of the value.
    pub(crate) path: String,
    /// Our value; `None` if we removed it.
    pub(crate) ours: Option<Value>,
    /// The value of the other side; `None` if the other side removed it.
    pub(crate) theirs: Option<Value>,
}

/// Applies every change between `base` and `ours` to `theirs`. Returns the result, and the values that both sides
/// changed in different ways.
pub(crate) fn merge(base: &Value, ours: &Value, theirs: &Value) -> (Value, Vec<Clash>) {
    let mut merged = theirs.clone();
    let mut clashes = Vec::new();
    for change in changes(base, ours) {
        let (now, before) = (at(theirs, &change.path), at(base, &change.path));
        if now != before && now != change.value.as_ref() {
            clashes.push(Clash {
                path: change.path_text(),
                ours: change.value.clone(),
                theirs: now.cloned(),
            });
        }
        set(&mut merged, &change.path, change.value);
    }
    (merged, clashes)
}

/// Returns the paths of the values that differ, each with the new value; `None` if it is removed.
pub(crate) fn difference(old: &Value, new: &Value) -> Vec<(String, Option<Value>)> {
    let found = changes(old, new).into_iter();
    found
        .map(|change| (change.path_text(), change.value))
        .collect()
}

fn compare(old: &Value, new: &Value, path: &mut Vec<PathSegment>, found: &mut Vec<Change>) {
    match (entries(old), entries(new)) {
        (Some(before), Some(after)) if same_kind(old, new) => {
            for (segment, value) in &before {
                path.push(segment.clone());
                match after.iter().find(|(other, _)| other == segment) {
                    Some((_, new)) => compare(value, new, path, found),
                    None => found.push(Change {
                        path: path.clone(),
                        value: None,
                    }),
                }
                path.pop();
            }
            for (segment, value) in after
                .iter()
                .filter(|(segment, _)| !before.iter().any(|(s, _)| s == segment))
            {
                path.push(segment.clone());
                found.push(Change {
                    path: path.clone(),
                    value: Some((*value).clone()),
                });
                path.pop();
            }
        }
        _ if old != new => found.push(Change {
            path: path.clone(),
            value: Some(new.clone()),
        }),
        _ => {}
    }
}

fn same_kind(old: &Value, new: &Value) -> bool {
    old.is_object() == new.is_object()
}

// Returns the entries of a mapping, or of a list in which every item has a different name.
fn entries(value: &Value) -> Option<Vec<(PathSegment, &Value)>> {
    match value {
        Value::Object(map) => Some(
            map.iter()
                .map(|(key, value)| (PathSegment::Key(key.clone()), value))
                .collect(),
        ),
        Value::Array(items) if !items.is_empty() => {
            let named = |item: &Value| {
                item.get("name")?
                    .as_str()
                    .map(|name| PathSegment::Named(name.to_owned()))
            };
            let segments: Option<Vec<PathSegment>> = items.iter().map(named).collect();
            let segments = segments.filter(|segments| {
                !(1..segments.len()).any(|i| segments[..i].contains(&segments[i]))
            })?;
            Some(segments.into_iter().zip(items).collect())
        }
        _ => None,
    }
}

fn at<'v>(value: &'v Value, path: &[PathSegment]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, segment| match segment {
        PathSegment::Key(key) => value.get(key),
        PathSegment::Named(name) => value.as_array()?.iter().find(|item| has_name(item, name)),
    })
}

fn has_name(item: &Value, name: &str) -> bool {
    item.get("name").and_then(Value::as_str) == Some(name)
}

fn set(value: &mut Value, path: &[PathSegment], new: Option<Value>) {
    let Some((segment, rest)) = path.split_first() else {
        *value = new.unwrap_or(Value::Null);
        return;
    };
    match segment {
        PathSegment::Key(key) => {
            if !value.is_object() {
                *value = Value::Object(Map::new());
            }
            let Value::Object(map) = value else { return };
            match (rest.is_empty(), new) {
                (true, None) => drop(map.remove(key)),
                (_, new) => set(map.entry(key.clone()).or_insert(Value::Null), rest, new),
            }
        }
        PathSegment::Named(name) => {
            if !value.is_array() {
                *value = Value::Array(Vec::new());
            }
            let Value::Array(items) = value else { return };
            match (
                items.iter().position(|item| has_name(item, name)),
                rest.is_empty(),
                new,
            ) {
                (Some(index), true, None) => drop(items.remove(index)),
                (Some(index), _, new) => set(&mut items[index], rest, new),
                (None, true, Some(new)) => items.push(new),
                (None, _, _) => {}
            }
        }
    }
}
