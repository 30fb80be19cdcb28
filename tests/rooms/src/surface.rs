//! Counts the public items of each library.

use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

use crate::resolve::{Resolver, Target};
use crate::tree::{ModuleTree, Namespace, Reach, ScopeId};

/// The public items of each library that can be reached from outside.
#[derive(Debug)]
pub struct Surface {
    rows: Vec<Row>,
}

#[derive(Debug)]
struct Row {
    name: String,
    items: usize,
    members: usize,
}

impl Surface {
    /// Counts the libraries, each with its name.
    pub(crate) fn of(libraries: Vec<(String, ModuleTree)>) -> Self {
        let rows = libraries.into_iter().map(|(name, tree)| {
            let shown = Shown::of(&tree);
            Row {
                name,
                items: shown.items.len(),
                members: shown.members(),
            }
        });
        Self {
            rows: rows.collect(),
        }
    }
}

impl Display for Surface {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let names = self.rows.iter().map(|row| row.name.len());
        let width = names.max().unwrap_or_default().max("crate".len());
        writeln!(
            f,
            "{:width$}  public items  their public fields and methods",
            "crate"
        )?;
        for Row {
            name,
            items,
            members,
        } in &self.rows
        {
            writeln!(f, "{name:width$}  {items:>12}  {members:>31}")?;
        }
        Ok(())
    }
}

/// The items of one library that can be reached from outside.
struct Shown<'a> {
    tree: &'a ModuleTree,
    resolver: Resolver<'a>,
    modules: BTreeSet<ScopeId>,
    /// The scope and the name; for an item of another crate the scope that re-exports it.
    items: BTreeSet<(ScopeId, String)>,
}

impl<'a> Shown<'a> {
    fn of(tree: &'a ModuleTree) -> Self {
        let mut shown = Self {
            tree,
            resolver: Resolver::new(tree),
            modules: BTreeSet::new(),
            items: BTreeSet::new(),
        };
        shown.enter(ModuleTree::ROOT);
        shown
    }

    fn enter(&mut self, module: ScopeId) {
        if !self.modules.insert(module) {
            return;
        }
        let tree = self.tree;
        for item in &tree.scope(module).items {
            match item.module {
                _ if item.reach != Reach::Everywhere => {}
                Some(module) => self.enter(module),
                None => {
                    self.items.insert((module, item.name.clone()));
                }
            }
        }
        for import in &tree.scope(module).imports {
            if import.reach != Reach::Everywhere {
                continue;
            }
            for target in self.resolver.import(module, import) {
                match (target, &import.name) {
                    (Target::Module(module), _) => self.enter(module),
                    (Target::Item { home, name }, Some(_)) => {
                        self.items.insert((home, name));
                    }
                    (Target::Outside | Target::Unseen { .. }, Some(name)) => {
                        self.items.insert((module, name.clone()));
                    }
                    (_, None) => {}
                }
            }
        }
    }

    fn members(mut self) -> usize {
        let tree = self.tree;
        let mut count = 0;
        for (id, scope) in tree.scopes() {
            let shown = |name: &str| self.items.contains(&(id, name.to_owned()));
            let types = scope
                .items
                .iter()
                .filter(|item| item.namespace == Namespace::Type);
            count += types
                .filter(|item| shown(&item.name))
                .map(|item| item.fields)
                .sum::<usize>();
            for block in &scope.impls {
                let target = self.resolver.resolve_in(id, &block.of, Namespace::Type);
                if let Target::Item { home, name } = target
                    && self.items.contains(&(home, name.clone()))
                {
                    count += block.public;
                }
            }
        }
        count
    }
}
