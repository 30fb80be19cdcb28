//! The modules of one version of the code, and what their names stand for.
//!
//! It finds a name as the engine does when it loads a pickle: it imports the module, and follows the attributes.

use std::collections::{BTreeMap, BTreeSet};

use super::scope::{Binding, Class, Scope};
use super::syntax::from_import;
use crate::advice::reading::{Reading, variable};
use crate::entry::file_part;
use crate::imports::{is_standard, root_of};
use crate::python::{Statement, split_list, statements};
use crate::rendered::Rendered;

/// The modules of one version of the code.
pub(super) struct Project {
    /// Statements of the Python files, by path.
    pub(super) files: BTreeMap<String, Vec<Statement>>,
    scopes: BTreeMap<String, Scope>,
    /// Folders on the search path, with a `/` at their ends.
    roots: Vec<String>,
    /// Module of the entry point, if the code has it.
    entry: Option<String>,
}

/// What a name stands for.
pub(super) enum Found<'a> {
    /// A class, and the module that defines it.
    Class(String, &'a Class),
    /// A function, and the module that defines it.
    Function(String),
    /// A value, or something of the image.
    Object,
    No,
    /// Only running the code shows this; the place that decides.
    Unknown(String),
}

impl Project {
    pub(super) fn of(rendered: &Rendered) -> Self {
        let reading = Reading::of(rendered);
        let reference = file_part(&rendered.dataflow.spec.python_file_name);
        let dotted = !reference.ends_with(".py") && !reference.contains('/');
        let root = match &reading.entry {
            Some(file) if !dotted => root_of(file, &reading.python),
            Some(_) | None => String::new(),
        };
        let entry = reading.entry.as_deref().map(|file| module_of(file, &root));
        let mut roots = vec![root, String::new()];
        let more = variable(rendered, "PYTHONPATH").unwrap_or_default();
        let more = more.split(':').filter(|path| !path.is_empty());
        roots.extend(more.map(|path| format!("{}/", path.trim_end_matches('/'))));
        let files: BTreeMap<_, _> = reading
            .python
            .iter()
            .map(|(path, text)| (path.clone(), statements(text)))
            .collect();
        let scopes = files.iter();
        let scopes = scopes.map(|(path, statements)| (path.clone(), Scope::of(statements)));
        Self {
            scopes: scopes.collect(),
            files,
            roots,
            entry,
        }
    }

    /// Returns the scope of a file.
    pub(super) fn scope(&self, file: &str) -> Option<&Scope> {
        self.scopes.get(file)
    }

    /// Returns the file of a module.
    pub(super) fn file(&self, module: &str) -> Option<&str> {
        let path = module.replace('.', "/");
        let top = module.split('.').next().unwrap_or(module);
        let regular = |root: &&String| {
            let names = [
                format!("{root}{top}/__init__.py"),
                format!("{root}{top}.py"),
            ];
            names.iter().any(|name| self.files.contains_key(name))
        };
        let roots: Vec<&String> = match self.roots.iter().find(regular) {
            Some(root) => vec![root],
            None => self.roots.iter().collect(),
        };
        let paths = roots.into_iter().flat_map(|root| {
            [
                format!("{root}{path}/__init__.py"),
                format!("{root}{path}.py"),
            ]
        });
        paths
            .filter_map(|path| self.files.get_key_value(&path))
            .map(|(path, _)| path.as_str())
            .next()
    }

    /// Returns the modules that the entry point imports, with their files. If it is unknown what the code imports, all
    /// files count.
    pub(super) fn imported(&self) -> BTreeMap<String, String> {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        let mut next: Vec<String> = self.entry.iter().cloned().collect();
        while let Some(module) = next.pop() {
            let Some(file) = self.file(&module).filter(|_| !found.contains_key(&module)) else {
                continue;
            };
            let read = self.files.get(file).into_iter().flatten();
            next.extend(read.flat_map(|statement| self.imports(statement, &module)));
            found.insert(module, file.to_owned());
        }
        let by_name = |statement: &Statement| {
            ["import_module(", "__import__("]
                .iter()
                .any(|call| statement.text.contains(call))
        };
        if self.entry.is_none() || self.files.values().flatten().any(by_name) {
            let known: BTreeSet<String> = found.values().cloned().collect();
            let unknown = self.files.keys().filter(|file| !known.contains(*file));
            found.extend(unknown.map(|file| (module_of(file, ""), file.clone())));
        }
        found
    }

    /// Returns the modules that a statement of a module imports, with the packages around them.
    fn imports(&self, statement: &Statement, module: &str) -> Vec<String> {
        let mut names = Vec::new();
        if let Some(modules) = statement.after("import") {
            let modules = split_list(modules).into_iter();
            names.extend(modules.map(|name| name.split(" as ").next().unwrap_or(name).to_owned()));
        } else if let Some((from, imported)) = from_import(statement) {
            let from = self.absolute(module, from);
            let below = split_list(imported).into_iter();
            names.extend(below.map(|name| {
                let name = name.split(" as ").next().unwrap_or(name);
                format!("{from}.{}", name.trim())
            }));
            names.push(from);
        }
        let mut all = Vec::new();
        for name in names {
            let dots = name.match_indices('.').map(|(at, _)| name[..at].to_owned());
            all.extend(dots);
            all.push(name);
        }
        all
    }

    /// Returns the full name of a module that another one imports as `written`.
    fn absolute(&self, module: &str, written: &str) -> String {
        let rest = written.trim_start_matches('.');
        let dots = written.len() - rest.len();
        if dots == 0 {
            return written.to_owned();
        }
        let is_package = self
            .file(module)
            .is_some_and(|file| file.ends_with("__init__.py"));
        let mut parts: Vec<&str> = module.split('.').collect();
        let up = dots - usize::from(is_package);
        parts.truncate(parts.len().saturating_sub(up));
        parts.extend(Some(rest).filter(|rest| !rest.is_empty()));
        parts.join(".")
    }

    /// Returns true if the code has the outermost package of a module.
    fn is_own(&self, module: &str) -> bool {
        let top = module.split('.').next().unwrap_or(module);
        self.roots.iter().any(|root| {
            let folder = format!("{root}{top}/");
            self.files.contains_key(&format!("{root}{top}.py"))
                || self.files.keys().any(|file| file.starts_with(&folder))
        })
    }

    /// Returns what a dotted name in a module stands for.
    pub(super) fn lookup(&self, module: &str, name: &str) -> Found<'_> {
        self.find(module, name, &mut BTreeSet::new())
    }

    fn find(&self, module: &str, name: &str, seen: &mut BTreeSet<String>) -> Found<'_> {
        if !seen.insert(format!("{module}:{name}")) {
            return Found::No;
        }
        let Some((file, scope)) = self
            .file(module)
            .and_then(|file| Some((file, self.scope(file)?)))
        else {
            return self.replaced();
        };
        let first = name.split('.').next().unwrap_or(name);
        let rest = name[first.len()..].trim_start_matches('.');
        let mut found = self.inside(module, scope, name, seen);
        let below = format!("{module}.{first}");
        if found.is_no() && !rest.is_empty() && self.file(&below).is_some() {
            found = self.find(&below, rest, seen);
        }
        for star in &scope.stars {
            if found.is_no() {
                found = self.star(&self.absolute(module, star), file, name, seen);
            }
        }
        let dynamic = scope.globals.get(first).copied().or(scope.dynamic);
        match dynamic {
            Some(line) if found.is_no() => Found::Unknown(format!("{file}:{line}")),
            Some(_) | None => found,
        }
    }

    /// Returns what stands for a module without a file: unknown if the code enters modules by itself.
    fn replaced(&self) -> Found<'_> {
        let mut all = self
            .files
            .iter()
            .flat_map(|(file, read)| read.iter().map(move |statement| (file, statement)));
        let entered = all.find(|(_, statement)| statement.text.starts_with("sys.modules["));
        match entered {
            Some((file, statement)) => Found::Unknown(format!("{file}:{}", statement.line)),
            None => Found::No,
        }
    }

    fn star(&self, from: &str, file: &str, name: &str, seen: &mut BTreeSet<String>) -> Found<'_> {
        if !self.is_own(from) {
            let standard = is_standard(from.split('.').next().unwrap_or(from));
            return match standard {
                true => Found::No,
                false => Found::Unknown(file.to_owned()),
            };
        }
        let first = name.split('.').next().unwrap_or(name);
        let scope = self.file(from).and_then(|file| self.scope(file));
        match scope {
            Some(scope) if scope.exports(first) => self.find(from, name, seen),
            Some(Scope {
                exported: Some(_),
                dynamic: Some(line),
                ..
            }) => Found::Unknown(format!("{from}:{line}")),
            Some(_) | None => Found::No,
        }
    }

    /// Returns what a dotted name stands for in a scope of a module.
    fn inside<'a>(
        &'a self,
        module: &str,
        scope: &'a Scope,
        name: &str,
        seen: &mut BTreeSet<String>,
    ) -> Found<'a> {
        if name.contains('.') && scope.names.contains_key(name) {
            return Found::Object;
        }
        let (first, rest) = name.split_once('.').unwrap_or((name, ""));
        let mut best = Found::No;
        for binding in scope.names.get(first).into_iter().flatten() {
            if best.is_no() {
                best = self.bound(module, binding, rest, seen);
            }
        }
        best
    }

    fn bound<'a>(
        &'a self,
        module: &str,
        binding: &'a Binding,
        rest: &str,
        seen: &mut BTreeSet<String>,
    ) -> Found<'a> {
        let joined = |name: &str| match rest {
            "" => name.to_owned(),
            rest => format!("{name}.{rest}"),
        };
        match binding {
            Binding::Constant => Found::No,
            Binding::Function if rest.is_empty() => Found::Function(module.to_owned()),
            Binding::Function => Found::No,
            Binding::Value => Found::Object,
            Binding::Class(class) if rest.is_empty() => Found::Class(module.to_owned(), class),
            Binding::Class(class) => {
                let mut found = self.inside(module, &class.scope, rest, seen);
                for base in &class.bases {
                    if found.is_no() {
                        found = self.find(module, &joined(base), seen);
                    }
                }
                found
            }
            Binding::From { module: from, name } => {
                let from = self.absolute(module, from);
                match self.is_own(&from) {
                    true => self.find(&from, &joined(name), seen),
                    false => Found::Object,
                }
            }
            Binding::Module(_) if rest.is_empty() => Found::No,
            Binding::Module(from) if self.is_own(from) => self.find(from, rest, seen),
            Binding::Module(_) => Found::Object,
            Binding::Alias(name) => {
                let found = self.find(module, &joined(name), seen);
                // It can be a name of Python itself.
                if found.is_no() { Found::Object } else { found }
            }
        }
    }
}

impl Found<'_> {
    pub(super) fn is_no(&self) -> bool {
        matches!(self, Self::No)
    }
}

/// Returns the dotted name of a file below a folder on the search path.
fn module_of(file: &str, root: &str) -> String {
    let inside = file.strip_prefix(root).unwrap_or(file);
    let stem = inside.strip_suffix(".py").unwrap_or(inside);
    let stem = stem.strip_suffix("/__init__").unwrap_or(stem);
    stem.replace('/', ".")
}
