//! Finds classes that move to another module while stored state can contain objects of them.
//!
//! The engine pickles state, and a pickle names the class of an object by module and name.

use std::collections::{BTreeMap, BTreeSet};

use dataflow::steps::{Cause, Loss};

use super::reading::{files, keeps_state};
use crate::python::{Statement, split_list, statements};
use crate::rendered::Rendered;

/// Bases of classes whose objects are never state, or in it without their class.
const NEVER_STATE: [&str; 9] = [
    "BaseSettings",
    "Error",
    "Exception",
    "Partition",
    "Protocol",
    "Sink",
    "Source",
    "TypedDict",
    "Warning",
];
/// End of the ids of all steps with state of the user's.
const STATEFUL: &str = "stateful_batch";

/// Returns the steps of `kept` that lose their state because a class moves.
///
/// Which step keeps objects of which class is not known, so that all of them do.
pub(super) fn losses(old: &Rendered, new: &Rendered, kept: &[String]) -> Vec<Loss> {
    let Some(cause) = moved_class(old, new) else {
        return Vec::new();
    };
    let loss = |step: &String| Loss {
        step: step.clone(),
        cause: cause.clone(),
    };
    let stateful = kept.iter().filter(|step| step.ends_with(STATEFUL));
    stateful.map(loss).collect()
}

/// Returns the first class that the new version defines in another file than the old one.
fn moved_class(old: &Rendered, new: &Rendered) -> Option<Cause> {
    if !keeps_state(old) || !keeps_state(new) || old.code == new.code {
        return None;
    }
    let (before, after) = (modules(old), modules(new));
    for (file, was) in &before {
        let still = after.get(file).map(|module| &module.names);
        for class in &was.classes {
            if still.is_some_and(|names| names.contains(class)) {
                continue;
            }
            let now = after
                .iter()
                .find(|(_, module)| module.classes.contains(class));
            if let Some((now, _)) = now {
                return Some(Cause::ClassMoved {
                    class: class.clone(),
                    from: file.clone(),
                    to: now.clone(),
                });
            }
        }
    }
    None
}

#[derive(Default)]
struct Module {
    /// Classes that are defined at the top.
    classes: BTreeSet<String>,
    /// All names that are bound at the top.
    names: BTreeSet<String>,
}

fn modules(rendered: &Rendered) -> BTreeMap<String, Module> {
    let python = files(rendered).into_iter();
    python
        .filter(|(path, _)| path.ends_with(".py"))
        .map(|(path, bytes)| {
            let read = statements(&String::from_utf8_lossy(&bytes));
            (path, Module::of(&read))
        })
        .collect()
}

impl Module {
    fn of(statements: &[Statement]) -> Self {
        let mut module = Self::default();
        for statement in statements.iter().filter(|statement| statement.indent == 0) {
            if let Some(header) = statement.after("class") {
                let (name, bases) = header.split_once(['(', ':']).unwrap_or((header, ""));
                let name = name.trim().to_owned();
                if !NEVER_STATE.iter().any(|base| bases.contains(base)) {
                    module.classes.insert(name.clone());
                }
                module.names.insert(name);
            } else if let Some((name, _)) = statement.assignment() {
                module.names.insert(name.to_owned());
            } else if let Some((_, names)) = statement
                .after("from")
                .and_then(|rest| rest.split_once(" import "))
            {
                let names = names.trim().trim_start_matches('(').trim_end_matches(')');
                let bound = split_list(names).into_iter().map(|name| {
                    let alias = name.split_once(" as ").map_or(name, |(_, alias)| alias);
                    alias.trim().to_owned()
                });
                module.names.extend(bound);
            }
        }
        module
    }
}
