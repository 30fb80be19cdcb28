//! All definitions of a version, also those in functions, to tell where a lost one is now.

use std::collections::BTreeSet;

use super::project::Project;
use super::scope::{Binding, Class};
use super::subject::Subject;
use super::syntax::function;
use crate::python::Statement;

/// A definition of a class or function.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) file: String,
    /// Its name, with those of the classes and functions around it.
    pub(super) name: String,
    /// Names of the fields and methods of a class; `None` for a function.
    members: Option<BTreeSet<String>>,
}

/// Returns the definition that is most probably the lost one: it has the same name, or the same members.
pub(super) fn now(lost: &Subject, old: &Project, new: &Project) -> Option<Definition> {
    let before = all(old);
    let after = all(new);
    let last = |name: &str| name.rsplit('.').next().unwrap_or(name).to_owned();
    let is_kind = |found: &&Definition| found.members.is_some() == lost.members.is_some();
    let is_new = |found: &Definition| {
        let same = |other: &Definition| other.file == found.file && other.name == found.name;
        !before.iter().any(same)
    };
    let mut named = after.iter().filter(is_kind).filter(|found| {
        let same = last(&found.name) == last(&lost.name);
        same && (is_new(found) || found.members == lost.members)
    });
    let mut alike = after.iter().filter(is_kind).filter(|found| {
        let has_members = lost
            .members
            .as_ref()
            .is_some_and(|members| !members.is_empty());
        has_members && found.members == lost.members && is_new(found)
    });
    named.next().or_else(|| alike.next()).cloned()
}

fn all(project: &Project) -> Vec<Definition> {
    let files = project.files.iter();
    files.flat_map(|(file, read)| of_file(file, read)).collect()
}

fn of_file(file: &str, statements: &[Statement]) -> Vec<Definition> {
    let mut found = Vec::new();
    let mut around: Vec<(usize, String)> = Vec::new();
    for (at, head) in statements.iter().enumerate() {
        while around
            .last()
            .is_some_and(|(indent, _)| *indent >= head.indent)
        {
            around.pop();
        }
        let prefix = around.last().map_or("", |(_, prefix)| prefix.as_str());
        let after = statements.get(at + 1..).unwrap_or_default();
        let inside = after.iter().take_while(|next| next.indent > head.indent);
        let body = after.get(..inside.count()).unwrap_or_default();
        let (name, members, below) = if let Some(header) = head.after("class") {
            let (name, class) = Class::of(header, body);
            (format!("{prefix}{name}"), Some(class.scope.members), ".")
        } else if let Some(header) = function(head) {
            let name = header.split(['(', '[']).next().unwrap_or(header).trim();
            (format!("{prefix}{name}"), None, ".<locals>.")
        } else if let Some((name, value)) = head.assignment()
            && let Binding::Class(class) = Binding::of(value, head)
        {
            (format!("{prefix}{name}"), Some(class.scope.members), ".")
        } else {
            continue;
        };
        around.push((head.indent, format!("{name}{below}")));
        found.push(Definition {
            file: file.to_owned(),
            name,
            members,
        });
    }
    found
}
