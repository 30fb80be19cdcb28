//! Forms of statements that bind names.

use crate::python::{Literal, Statement, is_name};

/// First words of statements with a block whose names belong to the scope around it.
const BLOCKS: [&str; 12] = [
    "async", "case", "elif", "else", "except", "finally", "for", "if", "match", "try", "while",
    "with",
];
/// Returns the text after `def` of a function.
pub(super) fn function(statement: &Statement) -> Option<&str> {
    let text = statement.after("async").unwrap_or(&statement.text);
    let rest = text.strip_prefix("def")?;
    rest.starts_with(' ').then(|| rest.trim_start())
}

/// Splits an import of names of a module into both.
pub(super) fn from_import(statement: &Statement) -> Option<(&str, &str)> {
    let (module, names) = statement.after("from")?.split_once(" import")?;
    let names = names.trim().trim_start_matches('(').trim_end_matches(')');
    Some((module.trim(), names.trim()))
}

/// Returns true if the block of a statement does not run in an import.
pub(super) fn is_skipped(text: &str) -> bool {
    let Some(condition) = text.strip_prefix("if ").map(str::trim) else {
        return false;
    };
    let condition = condition.split(':').next().unwrap_or(condition).trim();
    let of_types = condition == "TYPE_CHECKING" || condition.ends_with(".TYPE_CHECKING");
    (of_types && !condition.starts_with("not "))
        || condition.starts_with("__name__ ==")
        || matches!(condition, "False" | "0")
}

/// Returns the statement behind the `:` of a statement with a block, if it is in the same line.
pub(super) fn block(head: &Statement) -> Option<Vec<Statement>> {
    let word = head.text.split([' ', ':', '(']).next().unwrap_or_default();
    if !BLOCKS.contains(&word) || function(head).is_some() {
        return None;
    }
    let mut depth = 0_usize;
    let colon = head.text.bytes().position(|byte| {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        byte == b':' && depth == 0
    })?;
    let rest = &head.text[colon + 1..];
    let from = head.text.len() - rest.trim_start().len();
    let literals = head.literals.iter().filter(|literal| literal.at >= from);
    let literals = literals.map(|literal| Literal {
        at: literal.at - from,
        value: literal.value.clone(),
    });
    let mut inline = vec![Statement {
        line: head.line,
        indent: head.indent + 1,
        text: rest.trim().to_owned(),
        literals: literals.collect(),
    }];
    inline.retain(|inline| !inline.text.is_empty());
    Some(inline)
}

/// Returns true if an argument of a class is no base, as in `metaclass=ABCMeta`.
pub(super) fn is_keyword(argument: &str) -> bool {
    argument
        .split_once('=')
        .is_some_and(|(name, _)| is_name(name.trim()))
}

/// Splits an assignment at its first `=` that is in no brackets.
pub(super) fn split_assignment(text: &str) -> Option<(&str, &str)> {
    let mut depth = 0_usize;
    let mut before = b' ';
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'=' if depth == 0 => {
                let (left, right) = (&text[..at], &text[at + 1..]);
                let compares = right.starts_with('=') || b"!<>=+-*/|&%^@:".contains(&before);
                return (!compares).then(|| (left.trim(), right.trim()));
            }
            _ => {}
        }
        before = byte;
    }
    None
}
