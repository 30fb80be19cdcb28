//! Finds the module that defines the item of a path, through all re-exports.

use crate::tree::{Import, ModuleTree, Namespace, Path, Reach, ScopeId};

/// A `use` statement: its scope, and its number there.
pub(crate) type ImportId = (ScopeId, usize);

/// The meaning of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A module of this crate.
    Module(ScopeId),
    /// An item of this crate, a variant or method of one, or an item of another crate
    /// that this crate re-exports.
    Item {
        /// The scope that declares it.
        home: ScopeId,
        /// Its name there.
        name: String,
    },
    /// A name that its module does not declare in the text, because a macro generates it.
    Unseen {
        /// The module in which the path looks for it.
        home: ScopeId,
        /// Its name there.
        name: String,
    },
    /// An item of another crate, or a variable.
    Outside,
}

impl Target {
    /// Whether the item is declared in the text of this crate.
    fn is_declared(&self) -> bool {
        matches!(self, Self::Module(_) | Self::Item { .. })
    }
}

/// A name that is looked up as a member of a scope.
struct Wanted<'n> {
    name: &'n str,
    namespace: Namespace,
    /// The module whose glob looks for it; it gets only what it sees. A path in code that compiles
    /// sees what it names.
    viewer: Option<ScopeId>,
}

impl<'n> Wanted<'n> {
    fn by_path(name: &'n str, namespace: Namespace) -> Self {
        Self {
            name,
            namespace,
            viewer: None,
        }
    }

    fn by_glob_of(&self, viewer: ScopeId) -> Self {
        Self {
            viewer: Some(viewer),
            ..*self
        }
    }
}

/// Looks up paths in one tree.
pub(crate) struct Resolver<'a> {
    tree: &'a ModuleTree,
    /// The look-ups in progress, so that circular imports end.
    open: Vec<(ScopeId, String, Namespace)>,
    /// The scope whose path is being looked up.
    from: ScopeId,
    /// The imports that look-ups have followed, and that matter in their own file only.
    pub(crate) followed: Vec<ImportId>,
}

impl<'a> Resolver<'a> {
    /// Creates a resolver without any look-up.
    pub(crate) fn new(tree: &'a ModuleTree) -> Self {
        Self {
            tree,
            open: Vec::new(),
            from: ModuleTree::ROOT,
            followed: Vec::new(),
        }
    }

    /// Resolves `path` in `scope`; the last name is looked up in `namespace`, else in any other.
    pub(crate) fn resolve(&mut self, scope: ScopeId, path: &Path, namespace: Namespace) -> Target {
        use Namespace::{Macro, Type, Value};
        self.from = scope;
        let first = self.resolve_in(scope, path, namespace);
        if first.is_declared() {
            return first;
        }
        let others = [Type, Value, Macro].map(|other| self.resolve_in(scope, path, other));
        others
            .into_iter()
            .find(Target::is_declared)
            .unwrap_or(first)
    }

    /// Resolves one `use` to all its targets: a name may mean a module and a function at once.
    pub(crate) fn import(&mut self, scope: ScopeId, import: &Import) -> Vec<Target> {
        use Namespace::{Macro, Type, Value};
        self.from = scope;
        let targets: Vec<Target> = [Type, Value, Macro]
            .into_iter()
            .map(|namespace| self.resolve_in(scope, &import.path, namespace))
            .filter(Target::is_declared)
            .collect();
        match targets.is_empty() {
            true => vec![self.resolve_in(scope, &import.path, Type)],
            false => targets,
        }
    }

    /// Resolves `path` in `scope` in this namespace only.
    pub(crate) fn resolve_in(&mut self, scope: ScopeId, path: &Path, last: Namespace) -> Target {
        if path.of_other_crate {
            return Target::Outside;
        }
        let count = path.segments.len();
        let namespace = |index: usize| {
            if index + 1 == count {
                last
            } else {
                Namespace::Type
            }
        };
        let (mut at, mut index) = match self.keywords(scope, path) {
            Some((module, used)) if used > 0 => (Target::Module(module), used),
            Some(_) => match self.in_sight(scope, &path.segments[0], namespace(0)) {
                Some(target) => (target, 1),
                None => return Target::Outside,
            },
            None => return Target::Outside,
        };
        while let (Target::Module(module), true) = (&at, index < count) {
            let (home, name) = (*module, path.segments[index].clone());
            let found = self.member(home, &Wanted::by_path(&name, namespace(index)));
            at = found.unwrap_or(Target::Unseen { home, name });
            index += 1;
        }
        at
    }

    /// Returns the module of a leading `crate`, `self` or `super`, and how many names they are.
    fn keywords(&self, scope: ScopeId, path: &Path) -> Option<(ScopeId, usize)> {
        let mut module = self.tree.module_of(scope);
        let mut used = 0;
        for name in &path.segments {
            match name.as_str() {
                "crate" => module = ModuleTree::ROOT,
                "self" => {}
                "super" => module = self.tree.parent_module(module)?,
                _ => break,
            }
            used += 1;
        }
        Some((module, used))
    }

    /// Resolves a first name in `scope`: a block sees the names around it, up to its module, and
    /// a macro can be called in all modules below the one that defines it.
    fn in_sight(&mut self, scope: ScopeId, name: &str, namespace: Namespace) -> Option<Target> {
        let module = self.tree.module_of(scope);
        let mut at = Some(scope);
        while let Some(scope) = at {
            let found = self.member(scope, &Wanted::by_path(name, namespace));
            if found.is_some() {
                return found;
            }
            at = self.tree.scope(scope).parent.filter(|_| scope != module);
        }
        let mut around = self
            .tree
            .scope(module)
            .parent
            .filter(|_| namespace == Namespace::Macro);
        while let Some(scope) = around {
            let found = self.declared(scope, &Wanted::by_path(name, namespace));
            if found.is_some() {
                return found;
            }
            around = self.tree.scope(scope).parent;
        }
        None
    }

    /// Resolves a name as a member of `scope`.
    fn member(&mut self, scope: ScopeId, wanted: &Wanted<'_>) -> Option<Target> {
        let key = (scope, wanted.name.to_owned(), wanted.namespace);
        if self.open.contains(&key) {
            return None;
        }
        self.open.push(key);
        let found = self
            .declared(scope, wanted)
            .or_else(|| self.imported(scope, wanted))
            .or_else(|| self.by_glob(scope, wanted));
        self.open.pop();
        found
    }

    fn declared(&self, scope: ScopeId, wanted: &Wanted<'_>) -> Option<Target> {
        let item = self.tree.scope(scope).items.iter().find(|item| {
            item.name == wanted.name
                && item.namespace == wanted.namespace
                && self.is_seen(item.reach, wanted)
        })?;
        Some(match item.module {
            Some(module) => Target::Module(module),
            None => Target::Item {
                home: scope,
                name: item.name.clone(),
            },
        })
    }

    fn imported(&mut self, scope: ScopeId, wanted: &Wanted<'_>) -> Option<Target> {
        let tree = self.tree;
        let mut unseen = None;
        for (index, import) in tree.scope(scope).imports.iter().enumerate() {
            if import.name.as_deref() != Some(wanted.name) || !self.is_seen(import.reach, wanted) {
                continue;
            }
            match self.resolve_in(scope, &import.path, wanted.namespace) {
                target @ Target::Unseen { .. } => unseen = Some(target),
                // Whoever takes an item of another crate from here depends on this import.
                Target::Outside => {
                    return Some(Target::Item {
                        home: scope,
                        name: wanted.name.to_owned(),
                    });
                }
                target => {
                    if import.reach == Reach::Within(scope) && self.is_at_home(scope) {
                        self.followed.push((scope, index));
                    }
                    return Some(target);
                }
            }
        }
        unseen
    }

    fn by_glob(&mut self, scope: ScopeId, wanted: &Wanted<'_>) -> Option<Target> {
        let tree = self.tree;
        for import in &tree.scope(scope).imports {
            if import.name.is_some() || !self.is_seen(import.reach, wanted) {
                continue;
            }
            let target = self.resolve_in(scope, &import.path, Namespace::Type);
            let Target::Module(module) = target else {
                continue;
            };
            match self.member(module, &wanted.by_glob_of(scope)) {
                None | Some(Target::Unseen { .. }) => {}
                found => return found,
            }
        }
        None
    }

    /// Whether the path that is looked up is in the file and the top-level module of `scope`.
    fn is_at_home(&self, scope: ScopeId) -> bool {
        let file = |id| (&self.tree.scope(id).file, self.tree.top_level(id));
        file(self.from) == file(scope)
    }

    fn is_seen(&self, reach: Reach, wanted: &Wanted<'_>) -> bool {
        wanted
            .viewer
            .is_none_or(|viewer| self.tree.sees(viewer, reach))
    }
}
