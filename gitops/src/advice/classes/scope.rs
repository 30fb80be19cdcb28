//! The names that a module or a class binds, as read from its statements.
//!
//! Each branch of a condition counts, but those that only a type checker or a script runs. Bodies of functions are not
//! followed.

use std::collections::{BTreeMap, BTreeSet};

use super::syntax::{block, from_import, function, is_keyword, is_skipped, split_assignment};
use crate::python::{Statement, closing, is_name, split_list};

/// Calls that make a class, of which the first argument is its name.
const MAKERS: [&str; 13] = [
    "Enum",
    "Flag",
    "IntEnum",
    "IntFlag",
    "NamedTuple",
    "StrEnum",
    "TypedDict",
    "create_model",
    "make_class",
    "make_dataclass",
    "namedtuple",
    "new_class",
    "type",
];
/// Statements that bind names which only running them shows.
const DYNAMIC: [&str; 6] = [
    "exec(",
    "globals().update",
    "globals()[",
    "setattr(sys.modules[",
    "vars().update",
    "vars()[",
];

/// Names that a module or a class binds.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// What each name can be bound to. The key of `Outer.Inner = Inner` is `Outer.Inner`.
    pub(super) names: BTreeMap<String, Vec<Binding>>,
    /// Modules all of whose names are imported, as they are written.
    pub(super) stars: Vec<String>,
    /// The strings of `__all__`, if there is one.
    pub(super) exported: Option<BTreeSet<String>>,
    /// Line of a statement that binds names which are not known here.
    pub(super) dynamic: Option<usize>,
    /// Names that a function binds here, with their lines.
    pub(super) globals: BTreeMap<String, usize>,
    /// Names of fields, with or without values, and of methods.
    pub(super) members: BTreeSet<String>,
}

/// What a name is bound to.
#[derive(Debug)]
pub(super) enum Binding {
    Class(Box<Class>),
    Function,
    /// A name of another module, which is written as in its import.
    From {
        module: String,
        name: String,
    },
    Module(String),
    /// A dotted name.
    Alias(String),
    /// The result of an expression.
    Value,
    /// `None`, a string or a number.
    Constant,
}

impl Scope {
    /// Reads the statements of a module.
    pub(super) fn of(statements: &[Statement]) -> Self {
        let mut scope = Self::default();
        scope.read(statements, true);
        scope
    }

    /// Returns true if `from MODULE import *` gives a name of this module.
    pub(super) fn exports(&self, name: &str) -> bool {
        match &self.exported {
            Some(exported) => exported.contains(name),
            None => !name.starts_with('_'),
        }
    }

    fn read(&mut self, statements: &[Statement], certain: bool) {
        let mut rest = statements;
        while let Some((head, after)) = rest.split_first() {
            let inside = after.iter().take_while(|next| next.indent > head.indent);
            let (body, next) = after.split_at(inside.count());
            rest = next;
            self.statement(head, body, certain);
        }
    }

    fn statement(&mut self, head: &Statement, body: &[Statement], certain: bool) {
        if let Some(header) = head.after("class") {
            let (name, class) = Class::of(header, body);
            self.bind(name, Binding::Class(Box::new(class)), certain);
        } else if let Some(header) = function(head) {
            self.function(header, head.line, body, certain);
        } else if let Some(inline) = block(head) {
            if !is_skipped(&head.text) {
                self.read(&inline, false);
                self.read(body, false);
            }
        } else if let Some(modules) = head.after("import") {
            for module in split_list(modules) {
                let (module, alias) = match module.split_once(" as ") {
                    Some((module, alias)) => (module.trim(), alias.trim()),
                    None => {
                        let top = module.split('.').next().unwrap_or(module).trim();
                        (top, top)
                    }
                };
                self.bind(alias, Binding::Module(module.to_owned()), certain);
            }
        } else if let Some((module, names)) = from_import(head) {
            self.import(module, names, certain);
        } else if let Some(names) = head.after("del") {
            for name in split_list(names).into_iter().filter(|_| certain) {
                self.names.remove(name);
            }
        } else if head.text.starts_with("__all__") {
            let literals = head.literals.iter().map(|literal| literal.value.clone());
            self.exported.get_or_insert_default().extend(literals);
            // The rest of the list is in other modules.
            if head.text.matches("__all__").count() > 1 {
                self.mark(head.line);
            }
        } else if DYNAMIC.iter().any(|call| head.text.starts_with(call)) {
            self.bind_by_call(head, certain);
        } else {
            self.assignment(head, certain);
        }
    }

    fn bind(&mut self, name: &str, binding: Binding, certain: bool) {
        let bound = self.names.entry(name.to_owned()).or_default();
        if certain {
            bound.clear();
        }
        bound.push(binding);
    }

    fn function(&mut self, header: &str, line: usize, body: &[Statement], certain: bool) {
        let name = header.split(['(', '[']).next().unwrap_or(header).trim();
        self.members.insert(name.to_owned());
        if name == "__getattr__" {
            self.mark(line);
        }
        let globals = body.iter().filter_map(|statement| {
            let names = split_list(statement.after("global")?);
            Some(names.into_iter().map(move |name| (name.to_owned(), line)))
        });
        self.globals.extend(globals.flatten());
        self.bind(name, Binding::Function, certain);
    }

    fn import(&mut self, module: &str, names: &str, certain: bool) {
        if names == "*" {
            self.stars.push(module.to_owned());
            return;
        }
        for name in split_list(names) {
            let (name, alias) = name.split_once(" as ").unwrap_or((name, name));
            let binding = Binding::From {
                module: module.to_owned(),
                name: name.trim().to_owned(),
            };
            self.bind(alias.trim(), binding, certain);
        }
    }

    /// Binds the name that a dynamic statement gives as its only key, else no name is known.
    fn bind_by_call(&mut self, head: &Statement, certain: bool) {
        let keyed = head.text.starts_with("globals()[\"\"]")
            || head.text.starts_with("vars()[\"\"]")
            || head.text.starts_with("setattr(sys.modules[__name__], \"\"");
        match head.literals.first() {
            Some(literal) if keyed => self.bind(&literal.value, Binding::Value, certain),
            _ => self.mark(head.line),
        }
    }

    /// Notes a statement that binds names which are not known here.
    fn mark(&mut self, line: usize) {
        self.dynamic = self.dynamic.or(Some(line));
    }

    fn assignment(&mut self, head: &Statement, certain: bool) {
        let Some((first, mut value)) = split_assignment(&head.text) else {
            if let Some((name, _)) = head.text.split_once(':')
                && is_name(name.trim())
            {
                self.members.insert(name.trim().to_owned());
            }
            return;
        };
        let mut targets = vec![first];
        while let Some((target, rest)) = split_assignment(value) {
            targets.push(target);
            value = rest;
        }
        for target in targets {
            let target = target.split(':').next().unwrap_or(target).trim();
            if self.overrides(target, head) {
                continue;
            }
            let names = split_list(
                target
                    .trim_start_matches(['(', '['])
                    .trim_end_matches([')', ']']),
            );
            let single = names.len() == 1;
            for name in names
                .into_iter()
                .filter(|name| name.split('.').all(is_name))
            {
                let binding = match single {
                    true => Binding::of(value, head),
                    false => Binding::Value,
                };
                self.members.insert(name.to_owned());
                self.bind(name, binding, certain);
            }
        }
    }

    /// Returns true if an assignment sets the module or the name of a class of this scope.
    fn overrides(&mut self, target: &str, head: &Statement) -> bool {
        let Some((name, attribute)) = target.rsplit_once('.') else {
            return false;
        };
        if attribute != "__module__" && attribute != "__qualname__" {
            return false;
        }
        let value = head.literals.first().map(|literal| literal.value.clone());
        for binding in self.names.get_mut(name).into_iter().flatten() {
            if let Binding::Class(class) = binding {
                match attribute {
                    "__module__" => class.module.clone_from(&value),
                    _ => class.qualified.clone_from(&value),
                }
            }
        }
        true
    }
}

impl Binding {
    /// Returns what the value of an assignment is.
    pub(super) fn of(value: &str, head: &Statement) -> Self {
        if let Some(class) = Class::made(value, head) {
            return Self::Class(Box::new(class));
        }
        if matches!(value, "None" | "\"\"" | "True" | "False")
            || value.starts_with(|first: char| first.is_ascii_digit())
        {
            return Self::Constant;
        }
        match value.split('.').all(is_name) {
            true => Self::Alias(value.to_owned()),
            false => Self::Value,
        }
    }
}

/// A class with what its pickles depend on.
#[derive(Debug, Default)]
pub(super) struct Class {
    /// Dotted names of its bases; of a call the name of what is called.
    pub(super) bases: Vec<String>,
    pub(super) scope: Scope,
    /// Value of `__module__`, if it is set to a string.
    pub(super) module: Option<String>,
    /// Value of `__qualname__`, if it is set to a string, or the name that a call gives to its class.
    pub(super) qualified: Option<String>,
    /// The function that `__reduce__` returns, and whether the result contains the class, too.
    pub(super) reduce: Option<(String, bool)>,
}

impl Class {
    /// Reads a class from the text after `class` and the statements in it, and returns its name, too.
    pub(super) fn of<'a>(header: &'a str, body: &[Statement]) -> (&'a str, Self) {
        let name = header
            .split(['(', ':', '['])
            .next()
            .unwrap_or(header)
            .trim();
        let bases = match header.find('(') {
            Some(open) if !header[..open].contains(':') => {
                split_list(&header[open + 1..closing(header, open)])
            }
            _ => Vec::new(),
        };
        let bases = bases.into_iter().filter(|base| !is_keyword(base));
        let bases = bases.filter_map(|base| base.split(['(', '[']).next());
        let level = body.first().map_or(0, |first| first.indent);
        let string = |attribute: &str| {
            let own = body.iter().filter(|statement| statement.indent == level);
            let mut own = own.filter(|statement| {
                let assigned = statement.assignment();
                assigned.is_some_and(|(name, value)| name == attribute && value == "\"\"")
            });
            Some(own.next()?.literals.first()?.value.clone())
        };
        let class = Self {
            bases: bases.map(|base| base.trim().to_owned()).collect(),
            scope: Scope::of(body),
            module: string("__module__"),
            qualified: string("__qualname__"),
            reduce: reduce(name, body, level),
        };
        (name, class)
    }

    /// Returns the class that a call makes, as in `namedtuple("Cart", "count")`. `value` is the end of the statement.
    pub(super) fn made(value: &str, head: &Statement) -> Option<Self> {
        let open = value.find('(')?;
        let callee = value[..open].trim();
        let last = callee.rsplit('.').next().unwrap_or(callee);
        let first = value[open..].trim_start_matches(['(', ' ']);
        if !MAKERS.contains(&last) || !first.starts_with("\"\"") {
            return None;
        }
        let from = head.text.len() - value.len() + open;
        let mut literals = head.literals.iter().filter(|literal| literal.at > from);
        let name = literals.next()?;
        let fields = literals.flat_map(|literal| literal.value.split([' ', ',']));
        let fields = fields.filter(|field| !field.is_empty());
        Some(Self {
            bases: vec![callee.to_owned()],
            scope: Scope {
                members: fields.map(str::to_owned).collect(),
                ..Scope::default()
            },
            qualified: Some(name.value.clone()),
            ..Self::default()
        })
    }
}

/// Returns the function that the `__reduce__` of a class returns, and whether the result has the class, too.
fn reduce(class: &str, body: &[Statement], level: usize) -> Option<(String, bool)> {
    let at = body.iter().position(|statement| {
        let header = function(statement).filter(|_| statement.indent == level);
        header.is_some_and(|header| header.starts_with("__reduce"))
    })?;
    let (head, after) = body.get(at..)?.split_first()?;
    let mut inside = after.iter().take_while(|next| next.indent > head.indent);
    let returned = inside.find_map(|statement| statement.after("return"));
    let in_line = || Some(head.text.split_once(": return ")?.1);
    let returned = returned.or_else(in_line)?;
    let result = returned.trim_start_matches(['(', ' ']);
    let called = result.split([',', ')']).next().unwrap_or(result).trim();
    let function = called.split('.').all(is_name) && !called.starts_with("self.");
    let mut words = returned.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
    let has_class = words.any(|word| word == class || word == "__class__" || word == "type");
    (function && called != class).then(|| (called.to_owned(), has_class))
}
