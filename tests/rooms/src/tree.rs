//! The modules of one library or program, with their declarations, imports and paths.

/// The number of a scope in its tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ScopeId(usize);

/// All scopes of a library or program.
#[derive(Debug)]
pub(crate) struct ModuleTree {
    scopes: Vec<Scope>,
    /// The top-level modules under `#[cfg(test)]`; they are no scopes.
    pub(crate) only_for_tests: Vec<String>,
    /// The places whose names the check cannot follow.
    pub(crate) obscure: Vec<Obscure>,
}

/// Text that imports names in a way that the check does not follow.
#[derive(Clone, Debug)]
pub(crate) struct Obscure {
    /// The file, from the root of the workspace.
    pub(crate) file: String,
    /// The line.
    pub(crate) line: usize,
    /// The text at that place.
    pub(crate) what: &'static str,
}

/// A module, or a block that declares items of its own.
#[derive(Debug)]
pub(crate) struct Scope {
    /// The module's name; a block has none.
    pub(crate) name: Option<String>,
    /// The scope around it.
    pub(crate) parent: Option<ScopeId>,
    /// The file that holds it, from the root of the workspace.
    pub(crate) file: String,
    /// Its declarations.
    pub(crate) items: Vec<Item>,
    /// Its `use` statements, one for each name.
    pub(crate) imports: Vec<Import>,
    /// The paths that its code names.
    pub(crate) references: Vec<Reference>,
    /// Its `impl Type` blocks.
    pub(crate) impls: Vec<InherentImpl>,
}

/// The three namespaces of Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Namespace {
    /// Modules, types and traits.
    Type,
    /// Functions, constants, statics and constructors.
    Value,
    /// Macros.
    Macro,
}

/// The code from which a declaration is visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// All code, also of other crates.
    Everywhere,
    /// The code inside a module.
    Within(ScopeId),
}

/// A declaration of a scope.
#[derive(Debug)]
pub(crate) struct Item {
    /// Its name.
    pub(crate) name: String,
    /// The namespace of the name.
    pub(crate) namespace: Namespace,
    /// The scope that it opens, if it is a module.
    pub(crate) module: Option<ScopeId>,
    /// The code that sees it.
    pub(crate) reach: Reach,
    /// The number of its public fields.
    pub(crate) fields: usize,
}

/// A path as it is written.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    /// Whether it begins with `::`, so that it names another crate.
    pub(crate) of_other_crate: bool,
    /// Its names, without generic arguments.
    pub(crate) segments: Vec<String>,
    /// The line of its first name.
    pub(crate) line: usize,
}

/// One name that a `use` statement brings in.
#[derive(Debug)]
pub(crate) struct Import {
    /// The path that is imported.
    pub(crate) path: Path,
    /// The name here; a glob has none.
    pub(crate) name: Option<String>,
    /// The code that sees the import itself.
    pub(crate) reach: Reach,
}

/// A path in code.
#[derive(Debug)]
pub(crate) struct Reference {
    /// The path as it is written.
    pub(crate) path: Path,
    /// The namespace in which its last name is looked up first.
    pub(crate) namespace: Namespace,
}

/// An `impl` block without a trait.
#[derive(Debug)]
pub(crate) struct InherentImpl {
    /// The type, as it is written.
    pub(crate) of: Path,
    /// The names of its functions and constants.
    pub(crate) members: Vec<String>,
    /// The number of public ones.
    pub(crate) public: usize,
}

impl ModuleTree {
    /// The scope of `lib.rs` or `main.rs`.
    pub(crate) const ROOT: ScopeId = ScopeId(0);

    /// Creates a tree that contains only its root.
    pub(crate) fn new(file: &str) -> Self {
        let root = Scope::new(Some("crate".to_owned()), None, file);
        Self {
            scopes: vec![root],
            only_for_tests: Vec::new(),
            obscure: Vec::new(),
        }
    }

    /// Adds a scope inside `parent`; a block is in the file of its parent.
    pub(crate) fn add(&mut self, name: Option<String>, parent: ScopeId, file: &str) -> ScopeId {
        self.scopes.push(Scope::new(name, Some(parent), file));
        ScopeId(self.scopes.len() - 1)
    }

    /// Returns the scope with this number.
    pub(crate) fn scope(&self, id: ScopeId) -> &Scope {
        &self.scopes[id.0]
    }

    /// Returns the scope with this number, to change it.
    pub(crate) fn scope_mut(&mut self, id: ScopeId) -> &mut Scope {
        &mut self.scopes[id.0]
    }

    /// Returns all scopes with their numbers.
    pub(crate) fn scopes(&self) -> impl Iterator<Item = (ScopeId, &Scope)> {
        self.scopes
            .iter()
            .enumerate()
            .map(|(index, scope)| (ScopeId(index), scope))
    }

    /// Returns the module that `id` is, or is a block of.
    pub(crate) fn module_of(&self, id: ScopeId) -> ScopeId {
        match self.scope(id) {
            Scope {
                name: None,
                parent: Some(parent),
                ..
            } => self.module_of(*parent),
            _ => id,
        }
    }

    /// Returns the module that `super` means inside `id`.
    pub(crate) fn parent_module(&self, id: ScopeId) -> Option<ScopeId> {
        self.scope(self.module_of(id))
            .parent
            .map(|parent| self.module_of(parent))
    }

    /// Returns the name of the top-level module that contains `id`; `None` for the root itself.
    pub(crate) fn top_level(&self, id: ScopeId) -> Option<&str> {
        let module = self.module_of(id);
        match self.parent_module(module) {
            None => None,
            Some(Self::ROOT) => self.scope(module).name.as_deref(),
            Some(parent) => self.top_level(parent),
        }
    }

    /// Whether code in `viewer` sees a declaration with this reach.
    pub(crate) fn sees(&self, viewer: ScopeId, reach: Reach) -> bool {
        match reach {
            Reach::Everywhere => true,
            Reach::Within(owner) => {
                let mut at = Some(viewer);
                while let Some(scope) = at {
                    if scope == owner {
                        return true;
                    }
                    at = self.scope(scope).parent;
                }
                false
            }
        }
    }
}

impl Scope {
    fn new(name: Option<String>, parent: Option<ScopeId>, file: &str) -> Self {
        Self {
            name,
            parent,
            file: file.to_owned(),
            items: Vec::new(),
            imports: Vec::new(),
            references: Vec::new(),
            impls: Vec::new(),
        }
    }
}
