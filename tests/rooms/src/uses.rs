//! Lists all uses between modules.

use std::collections::{BTreeMap, BTreeSet};

use crate::checkout::{Checkout, ReadError};
use crate::members::Members;
use crate::package::Package;
use crate::read::module_tree;
use crate::resolve::{Resolver, Target};
use crate::tree::{ModuleTree, Obscure, Path, ScopeId};

/// A use: one module takes one name from another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Use {
    /// The using module.
    pub(crate) from: ModuleFile,
    /// The module that defines the name.
    pub(crate) to: ModuleFile,
    /// The first line that contains the name.
    pub(crate) line: usize,
    /// The name; `*` is a glob.
    pub(crate) name: String,
}

/// A module and its file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ModuleFile {
    /// The file, from the root of the workspace.
    pub(crate) file: String,
    /// The top-level module; `lib.rs` and `main.rs` have none.
    pub(crate) module: Option<String>,
}

/// A crate with all uses between its modules.
#[derive(Debug)]
pub(crate) struct Crate {
    /// The name in its manifest.
    pub(crate) name: String,
    /// All files of its library and programs.
    pub(crate) files: BTreeSet<String>,
    /// The top-level modules.
    pub(crate) modules: BTreeSet<String>,
    /// The top-level modules under `#[cfg(test)]`.
    pub(crate) only_for_tests: BTreeSet<String>,
    /// The places that may hide uses.
    pub(crate) obscure: Vec<Obscure>,
    /// Each pair of files with each name once.
    pub(crate) uses: Vec<Use>,
}

impl Crate {
    /// Reads the library and the programs of a crate.
    pub(crate) fn read(checkout: &Checkout, package: &Package) -> Result<Self, ReadError> {
        let mut found = Self {
            name: package.name.clone(),
            files: BTreeSet::new(),
            modules: BTreeSet::new(),
            only_for_tests: BTreeSet::new(),
            obscure: Vec::new(),
            uses: Vec::new(),
        };
        for root in package.library.iter().chain(&package.programs) {
            let tree = module_tree(checkout, root)?;
            found
                .files
                .extend(tree.scopes().map(|(_, scope)| scope.file.clone()));
            let modules = tree.scopes().filter_map(|(id, _)| tree.top_level(id));
            found.modules.extend(modules.map(str::to_owned));
            found
                .only_for_tests
                .extend(tree.only_for_tests.iter().cloned());
            found.obscure.extend(tree.obscure.iter().cloned());
            found.uses.extend(uses(&tree));
        }
        Ok(found)
    }
}

/// Returns all uses of other files or other top-level modules in a tree.
fn uses(tree: &ModuleTree) -> Vec<Use> {
    let mut resolver = Resolver::new(tree);
    let members = Members::of(tree, &mut resolver);
    let mut found = Found {
        tree,
        lines: BTreeMap::new(),
    };
    for (scope, read) in tree.scopes() {
        for reference in &read.references {
            let path = &reference.path;
            let declaring = members.declaring(&mut resolver, scope, path);
            found.add_member(scope, declaring, path);
            match (
                resolver.resolve(scope, path, reference.namespace),
                path.segments.as_slice(),
            ) {
                // `#[serde(with = "a::b")]` names a module; a lone name in an attribute says little.
                (Target::Module(to), [_, .., name]) => found.add_module(scope, to, name, path.line),
                (target, _) => found.add(scope, &target, path.line),
            }
        }
    }
    let mut modules = Vec::new();
    for (scope, read) in tree.scopes() {
        for (index, import) in read.imports.iter().enumerate() {
            for target in resolver.import(scope, import) {
                match target {
                    Target::Module(to) if import.name.is_some() => {
                        modules.push(((scope, index), to, import.path.line));
                    }
                    Target::Module(to) => found.add_module(scope, to, "*", import.path.line),
                    target => found.add(scope, &target, import.path.line),
                }
            }
        }
    }
    // A module that is only the start of longer paths of the same file is not used itself: what the
    // paths name is. An import that others can go through hands the module on, so it is a use.
    for (import, to, line) in modules {
        if !resolver.followed.contains(&import) {
            let name = tree.scope(to).name.as_deref().unwrap_or_default();
            found.add_module(import.0, to, name, line);
        }
    }
    found.uses()
}

struct Found<'a> {
    tree: &'a ModuleTree,
    /// The first line of each use: using module, defining module, name.
    lines: BTreeMap<(ModuleFile, ModuleFile, String), usize>,
}

impl Found<'_> {
    fn add(&mut self, scope: ScopeId, target: &Target, line: usize) {
        if let Target::Item { home, name } | Target::Unseen { home, name } = target {
            self.add_module(scope, *home, name, line);
        }
    }

    /// Adds the use of a member; if the own file declares the member, there is no use of another one.
    fn add_member(&mut self, scope: ScopeId, declaring: &[ScopeId], path: &Path) {
        let own = self.module_file(scope);
        if declaring.iter().all(|to| self.module_file(*to) != own) {
            for to in declaring {
                self.add_module(
                    scope,
                    *to,
                    &path.segments[path.segments.len() - 1],
                    path.line,
                );
            }
        }
    }

    fn add_module(&mut self, scope: ScopeId, to: ScopeId, name: &str, line: usize) {
        let (from, to) = (self.module_file(scope), self.module_file(to));
        if from != to {
            let first = self
                .lines
                .entry((from, to, name.to_owned()))
                .or_insert(line);
            *first = line.min(*first);
        }
    }

    fn module_file(&self, scope: ScopeId) -> ModuleFile {
        ModuleFile {
            file: self.tree.scope(scope).file.clone(),
            module: self.tree.top_level(scope).map(str::to_owned),
        }
    }

    fn uses(self) -> Vec<Use> {
        let lines = self.lines.into_iter();
        lines
            .map(|((from, to, name), line)| Use {
                from,
                to,
                line,
                name,
            })
            .collect()
    }
}
