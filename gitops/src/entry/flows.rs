//! Finds the flows that Python files bind to names. Begin reading at [`with_callers`].

use std::collections::BTreeSet;

use crate::python::{Statement, closing, is_name, split_list, statements};

/// Name that the engine looks for by default.
pub(super) const DEFAULT: &str = "flow";

/// What a file binds to a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// The name.
    pub(super) name: String,
    /// Whether it is a function.
    pub(super) called: bool,
    /// Whether it is a function that cannot be called without arguments.
    pub(super) needs_arguments: bool,
}

/// Finds the flows of all files, and the functions that return what another function builds.
pub(super) fn with_callers(files: &[(String, String)]) -> Vec<(&str, Vec<Found>)> {
    let read: Vec<_> = files
        .iter()
        .map(|(path, text)| (path.as_str(), statements(text)))
        .collect();
    let mut builders = BTreeSet::new();
    loop {
        let found: Vec<_> = read
            .iter()
            .map(|(path, statements)| (*path, flows(statements, &builders)))
            .collect();
        let names: BTreeSet<String> = found
            .iter()
            .flat_map(|(_, found)| found)
            .filter(|found| found.called)
            .map(|found| found.name.clone())
            .collect();
        if names == builders {
            return found;
        }
        builders = names;
    }
}

/// A block that is open at a statement.
struct Block {
    indent: usize,
    kind: BlockKind,
}

enum BlockKind {
    /// A function of the module.
    Function(Function),
    /// A class, a nested function, or code that runs only in a program.
    Inner,
    /// A condition or similar, whose code runs while the module is imported.
    Transparent,
}

struct Function {
    found: Found,
    returns_flow: bool,
    flows: Vec<String>,
}

/// Returns the flows that statements bind to names of the module. `builders` are known functions that return a flow.
fn flows(statements: &[Statement], builders: &BTreeSet<String>) -> Vec<Found> {
    let mut types = vec!["Dataflow".to_owned()];
    let (mut found, mut open): (Vec<Found>, Vec<Block>) = (Vec::new(), Vec::new());
    for statement in statements {
        while open
            .last()
            .is_some_and(|block| block.indent >= statement.indent)
        {
            found.extend(open.pop().and_then(Block::builder));
        }
        if let Some(kind) = block_of(statement, &open) {
            open.push(Block {
                indent: statement.indent,
                kind,
            });
            continue;
        }
        types.extend(alias(statement));
        let is_flow = |value: &str| {
            let called = called(value);
            called.is_some_and(|name| types.iter().any(|known| known == name))
        };
        let outer = open
            .iter()
            .all(|block| matches!(block.kind, BlockKind::Transparent));
        if outer {
            found.extend(bound(statement, &is_flow, builders));
        } else if let Some(Block {
            kind: BlockKind::Function(function),
            ..
        }) = innermost(&mut open)
        {
            function.read(statement, &is_flow, builders);
        }
    }
    found.extend(open.into_iter().rev().filter_map(Block::builder));
    let mut seen = BTreeSet::new();
    found.retain(|found| seen.insert(found.name.clone()));
    found
}

/// Returns the innermost block that is no condition or similar.
fn innermost(open: &mut [Block]) -> Option<&mut Block> {
    open.iter_mut()
        .rev()
        .find(|block| !matches!(block.kind, BlockKind::Transparent))
}

impl Block {
    fn builder(self) -> Option<Found> {
        match self.kind {
            BlockKind::Function(function) if function.returns_flow => Some(function.found),
            _ => None,
        }
    }
}

impl Function {
    fn read(
        &mut self,
        statement: &Statement,
        is_flow: &impl Fn(&str) -> bool,
        builders: &BTreeSet<String>,
    ) {
        if let Some((name, value)) = statement.assignment()
            && is_flow(value)
        {
            self.flows.push(name.to_owned());
        }
        if let Some(value) = statement.after("return") {
            let own = self.flows.iter().any(|flow| flow == value);
            let other = called(value).is_some_and(|name| builders.contains(name));
            self.returns_flow |= own || other || is_flow(value);
        }
    }
}

/// Returns the kind of the block that a statement opens.
fn block_of(statement: &Statement, open: &[Block]) -> Option<BlockKind> {
    let text = statement.text.as_str();
    let header = statement
        .after("def")
        .or_else(|| statement.after("async def"));
    if let Some(header) = header {
        let outer = open
            .iter()
            .all(|block| matches!(block.kind, BlockKind::Transparent));
        let mut function = outer.then(|| function(header)).flatten();
        if let Some(function) = &mut function {
            let quoted = header
                .trim_end()
                .trim_end_matches(':')
                .trim_end()
                .ends_with("-> \"\"");
            let last = statement
                .literals
                .last()
                .map(|literal| literal.value.as_str());
            function.returns_flow |= quoted && last.is_some_and(|last| last.ends_with("Dataflow"));
        }
        return Some(function.map_or(BlockKind::Inner, BlockKind::Function));
    }
    if statement.after("class").is_some() {
        return Some(BlockKind::Inner);
    }
    if !text.ends_with(':') {
        return None;
    }
    let program = statement.after("if").is_some_and(|condition| {
        condition.contains("__name__")
            && statement
                .literals
                .iter()
                .any(|literal| literal.value == "__main__")
    });
    Some(if program {
        BlockKind::Inner
    } else {
        BlockKind::Transparent
    })
}

fn function(header: &str) -> Option<Function> {
    let open = header.find('(')?;
    let close = closing(header, open);
    let name = header[..open].trim();
    let parameters = header.get(open + 1..close)?;
    let needs_arguments = split_list(parameters).into_iter().any(|parameter| {
        !parameter.contains('=') && !parameter.starts_with('*') && parameter != "/"
    });
    let annotation = header[close..]
        .split_once("->")
        .map_or("", |(_, after)| after);
    let annotation = annotation.trim().trim_end_matches(':').trim();
    Some(Function {
        returns_flow: annotation.rsplit('.').next() == Some("Dataflow"),
        found: Found {
            name: name.to_owned(),
            called: true,
            needs_arguments,
        },
        flows: Vec::new(),
    })
    .filter(|_| is_name(name))
}

/// Returns another name of the class, from `from bytewax.dataflow import Dataflow as Flow`.
fn alias(statement: &Statement) -> Option<String> {
    let (_, names) = statement.after("from")?.split_once(" import ")?;
    let names = names.trim().trim_start_matches('(').trim_end_matches(')');
    split_list(names).into_iter().find_map(|name| {
        let (name, alias) = name.split_once(" as ")?;
        (name.trim() == "Dataflow").then(|| alias.trim().to_owned())
    })
}

/// Returns the flow that a statement of the module binds to a name.
fn bound(
    statement: &Statement,
    is_flow: &impl Fn(&str) -> bool,
    builders: &BTreeSet<String>,
) -> Option<Found> {
    let variable = |name: &str| Found {
        name: name.to_owned(),
        called: false,
        needs_arguments: false,
    };
    if let Some((name, value)) = statement.assignment() {
        let built = called(value).is_some_and(|function| builders.contains(function));
        // Whatever is called, the engine takes the variable of this name.
        let default = name == DEFAULT && called(value).is_some();
        return (is_flow(value) || built || default).then(|| variable(name));
    }
    let (_, names) = statement.after("from")?.split_once(" import ")?;
    let names = names.trim().trim_start_matches('(').trim_end_matches(')');
    let imported = split_list(names).into_iter().any(|name| {
        let name = name.split_once(" as ").map_or(name, |(_, alias)| alias);
        name.trim() == DEFAULT
    });
    imported.then(|| variable(DEFAULT))
}

/// Returns the last name of what a value calls: `Dataflow` for `bytewax.dataflow.Dataflow("x")`.
fn called(value: &str) -> Option<&str> {
    let open = value.find('(')?;
    let name = value[..open].rsplit('.').next()?.trim();
    let plain = value[..open].split('.').all(|part| is_name(part.trim()));
    plain.then_some(name)
}
