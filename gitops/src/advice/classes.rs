//! Warns of classes that move to another module while stored state can contain objects of them.
//!
//! The engine pickles state, and a pickle names the class of an object by module and name.

use std::collections::{BTreeMap, BTreeSet};

use super::reading::{files, keeps_state};
use crate::python::{Statement, split_list, statements};
use crate::rendered::Rendered;

/// Bases of classes whose objects are never state.
const NEVER_STATE: [&str; 4] = ["Source", "Sink", "Partition", "Exception"];

/// Returns a warning for each class that the new version defines in another file than the old one.
pub(super) fn moved_classes(old: &Rendered, new: &Rendered) -> Vec<String> {
    if !keeps_state(old) || !keeps_state(new) || old.code == new.code {
        return Vec::new();
    }
    let (before, after) = (modules(old), modules(new));
    let mut warnings = Vec::new();
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
                warnings.push(format!(
                    "class `{class}` moves from {file} to {now}: state that contains objects of it cannot be loaded; \
                     import it in {file}, too"
                ));
            }
        }
    }
    warnings
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
