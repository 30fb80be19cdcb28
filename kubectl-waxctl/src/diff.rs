//! What would change, field by field, with what each change costs: pure.

mod lines;
mod mask;
mod ownership;
mod text;

use std::collections::BTreeMap;

use dataflow::code::Code;
use dataflow::cost::{self, Cost};
use dataflow::steps::Loss;
use serde::{Serialize, Serializer};

use crate::render::Rendered;
pub use ownership::{Stays, manager_of_spec, stays};
pub use text::{Line, LineKind, report};

/// The changes of one flow.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FlowDiff {
    /// The dataflow's name.
    pub name: String,
    /// What it is compared with, for people.
    pub against: String,
    /// Whether there is anything to do.
    pub state: State,
    /// The dearest cost of all changes.
    #[serde(serialize_with = "as_text")]
    pub cost: Cost,
    /// Every change; for a new flow every field.
    pub changes: Vec<FieldChange>,
    /// Fields that are in the cluster, not in the source, and stay.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<Stays>,
}

/// Whether a flow is there and differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Nothing would change.
    Same,
    /// The flow is new.
    Added,
    /// Something would change.
    Changed,
}

/// One changed field, or one changed file of the code.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FieldChange {
    /// Path of the field in the resource, or `code/` and the path of the file.
    pub path: String,
    /// The old value, if there was one; masked when it could be a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// The new value, if there is one; masked when it could be a secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// What the change costs when it is applied.
    #[serde(serialize_with = "as_text")]
    pub cost: Cost,
    /// The line diff of a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lines: Option<Vec<String>>,
}

/// Compares a flow as it is with the flow as it is to be.
pub fn compare(old: Option<&Rendered>, new: &Rendered, against: String) -> FlowDiff {
    let (state, mut changes) = match old {
        Some(old) => (State::Changed, changes(old, new)),
        None => (State::Added, everything(new)),
    };
    for change in &mut changes {
        mask::mask(change);
    }
    let state = if changes.is_empty() {
        State::Same
    } else {
        state
    };
    let cost = changes
        .iter()
        .map(|change| change.cost)
        .max()
        .unwrap_or(Cost::None);
    FlowDiff {
        name: new.name().to_owned(),
        against,
        state,
        cost,
        changes,
        stays: Vec::new(),
    }
}

impl FlowDiff {
    /// Adds the state that would be lost.
    pub fn lose(&mut self, losses: &[Loss]) {
        let changes = losses.iter().map(cost::Change::from);
        self.changes.extend(changes.map(|change| FieldChange {
            path: change.path,
            old: change.old,
            new: change.new,
            cost: change.cost,
            lines: None,
        }));
        if !losses.is_empty() {
            self.cost = Cost::StateLost;
        }
    }
}

fn changes(old: &Rendered, new: &Rendered) -> Vec<FieldChange> {
    let mut changes = metadata(old, new);
    let fields = cost::changes(&old.dataflow.spec, &old.code, &new.dataflow.spec, &new.code);
    changes.extend(fields.into_iter().map(|change| {
        let is_file = change.path.starts_with("code/");
        let lines = is_file.then(|| lines::unified(change.old.as_deref(), change.new.as_deref()));
        // The line diff says it all.
        let (old, new) = if is_file {
            (None, None)
        } else {
            (change.old, change.new)
        };
        FieldChange {
            path: change.path,
            old,
            new,
            cost: change.cost,
            lines,
        }
    }));
    changes
}

/// Labels and annotations cost nothing; another namespace is another flow.
fn metadata(old: &Rendered, new: &Rendered) -> Vec<FieldChange> {
    let (before, after) = (&old.dataflow.metadata, &new.dataflow.metadata);
    let mut changes = Vec::new();
    let mut push = |path: String, old: Option<&String>, new: Option<&String>, cost| {
        if old != new {
            let (old, new) = (old.cloned(), new.cloned());
            changes.push(FieldChange {
                path,
                old,
                new,
                cost,
                lines: None,
            });
        }
    };
    if after.namespace.is_some() {
        let (old, new) = (before.namespace.as_ref(), after.namespace.as_ref());
        push("metadata.namespace".to_owned(), old, new, Cost::StateLost);
    }
    let empty = BTreeMap::new();
    for (field, before, after) in [
        ("labels", &before.labels, &after.labels),
        ("annotations", &before.annotations, &after.annotations),
    ] {
        let (before, after) = (
            before.as_ref().unwrap_or(&empty),
            after.as_ref().unwrap_or(&empty),
        );
        for (key, old) in before {
            push(
                format!("metadata.{field}.{key}"),
                Some(old),
                after.get(key),
                Cost::None,
            );
        }
        for (key, new) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
            push(
                format!("metadata.{field}.{key}"),
                None,
                Some(new),
                Cost::None,
            );
        }
    }
    changes
}

/// Every field and every file of a new flow. Nothing runs yet, so nothing is lost.
fn everything(new: &Rendered) -> Vec<FieldChange> {
    let nothing = Rendered {
        dataflow: dataflow::Dataflow::default(),
        code: Code::new(),
    };
    let mut changes = changes(&nothing, new);
    for change in &mut changes {
        change.cost = Cost::None;
        change.old = None;
    }
    changes
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over references"
)]
fn as_text<S: Serializer>(cost: &Cost, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(cost)
}

#[cfg(test)]
mod tests;
