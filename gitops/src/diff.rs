//! Compares two versions of a flow field by field, with the cost of each change. Begin reading at [`compare`].

mod lines;
mod report;
mod types;

use std::collections::BTreeMap;

use dataflow::code::Code;
use dataflow::cost::{self, Cost};
use dataflow::label;

use crate::mask::Masks;
use crate::rendered::Rendered;
pub use report::{Line, LineKind, report};
pub use types::{FieldChange, FlowDiff, State};

/// Compares a flow before and after a change. `against` describes the old version in the report.
#[must_use]
pub fn compare(old: Option<&Rendered>, new: &Rendered, against: String) -> FlowDiff {
    let (state, changes) = match old {
        Some(old) => (State::Changed, changes(old, new)),
        None => (State::Added, everything(new)),
    };
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
        unchecked_steps: None,
    }
}

fn changes(old: &Rendered, new: &Rendered) -> Vec<FieldChange> {
    let masks = Masks::of([old, new]);
    let mut changes = metadata(old, new);
    for change in &mut changes {
        masks.field(&change.path, &mut change.old, &mut change.new);
    }
    let fields = cost::changes(&old.dataflow.spec, &old.code, &new.dataflow.spec, &new.code);
    changes.extend(fields.into_iter().map(|mut change| {
        let is_file = change.path.starts_with("code/");
        let (old, new) = (&mut change.old, &mut change.new);
        if is_file {
            masks.file(&change.path, old, new);
        } else {
            masks.field(&change.path, old, new);
        }
        let lines = is_file.then(|| lines::unified(change.old.as_deref(), change.new.as_deref()));
        // For a file, the line diff replaces the old and the new value.
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

/// Returns the changes of metadata. Labels and annotations cost nothing, but for those that stop the processes. A flow in another namespace is another flow,
/// so its state is lost. The record of steps follows from the code, so it is not shown.
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
        let shown = |key: &String| key != label::STEPS;
        let cost = |key: &str| match field == "annotations" && label::stops_processes(key) {
            true => Cost::OneRestart,
            false => Cost::None,
        };
        for (key, old) in before.iter().filter(|(key, _)| shown(key)) {
            push(
                format!("metadata.{field}.{key}"),
                Some(old),
                after.get(key),
                cost(key),
            );
        }
        let added = |key: &String| shown(key) && !before.contains_key(key);
        for (key, new) in after.iter().filter(|(key, _)| added(key)) {
            push(
                format!("metadata.{field}.{key}"),
                None,
                Some(new),
                cost(key),
            );
        }
    }
    changes
}

/// Returns every field and every file of a new flow. They cost nothing, since no process runs yet.
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

#[cfg(test)]
mod tests;
