//! The classes and functions of a version that its pickles can name.

use std::collections::BTreeSet;

use super::project::{Found, Project};
use super::scope::{Binding, Class, Scope};

/// Parts of the names of bases whose objects are never state, or in it without their class.
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
/// Nested classes that libraries read and of which there are no objects.
const SETTINGS: [&str; 2] = ["Config", "Meta"];
/// The most bases of bases that are followed.
const DEPTH: usize = 16;

/// A class or function that a pickle can name.
pub(super) struct Subject {
    /// File that defines it.
    pub(super) file: String,
    /// Module that a pickle names.
    pub(super) module: String,
    /// Name in the module, as in `Outer.Inner`.
    pub(super) name: String,
    /// Names of the fields and methods of a class; `None` for a function.
    pub(super) members: Option<BTreeSet<String>>,
}

/// Returns what the pickles of a version can name.
pub(super) fn subjects(project: &Project) -> Vec<Subject> {
    let mut subjects = Vec::new();
    for (module, file) in &project.imported() {
        if let Some(scope) = project.scope(file) {
            let place = Place {
                project,
                module,
                file,
            };
            place.collect(scope, "", &mut subjects);
        }
    }
    subjects
}

struct Place<'a> {
    project: &'a Project,
    module: &'a str,
    file: &'a str,
}

impl Place<'_> {
    fn collect(&self, scope: &Scope, prefix: &str, subjects: &mut Vec<Subject>) {
        for (name, bindings) in &scope.names {
            for binding in bindings {
                if let Binding::Class(class) = binding
                    && (prefix.is_empty() || !SETTINGS.contains(&name.as_str()))
                {
                    let name = format!("{prefix}{name}");
                    self.class(class, &name, subjects);
                    self.collect(&class.scope, &format!("{name}."), subjects);
                }
            }
        }
    }

    fn class(&self, class: &Class, name: &str, subjects: &mut Vec<Subject>) {
        let module = class.module.as_deref().unwrap_or(self.module);
        let name = class.qualified.as_deref().unwrap_or(name);
        // An object whose class is not where its pickle names it cannot be pickled.
        let found = self.project.lookup(module, name);
        let same = matches!(found, Found::Class(_, found) if std::ptr::eq(found, class));
        if never_state(self.project, self.module, class, DEPTH) {
            return;
        }
        let has_class = class
            .reduce
            .as_ref()
            .is_none_or(|(_, has_class)| *has_class);
        if same && has_class {
            subjects.push(Subject {
                file: self.file.to_owned(),
                module: module.to_owned(),
                name: name.to_owned(),
                members: Some(class.scope.members.clone()),
            });
        }
        if let Some((function, _)) = &class.reduce
            && let Found::Function(module) = self.project.lookup(self.module, function)
        {
            let name = function.rsplit('.').next().unwrap_or(function);
            let file = self.project.file(&module).unwrap_or(self.file);
            subjects.push(Subject {
                file: file.to_owned(),
                name: name.to_owned(),
                members: None,
                module,
            });
        }
    }
}

/// Returns true if the state has no objects of a class by its bases. A base of the code counts with its own bases.
fn never_state(project: &Project, module: &str, class: &Class, depth: usize) -> bool {
    class.bases.iter().any(|base| {
        if let Found::Class(module, found) = project.lookup(module, base)
            && depth > 0
        {
            return never_state(project, &module, found, depth - 1);
        }
        NEVER_STATE.iter().any(|part| base.contains(part))
    })
}
