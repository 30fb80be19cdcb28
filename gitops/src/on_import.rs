//! Finds a Python file that runs its flow while it is imported, by reading it.
//!
//! Only statements at the top level are seen that call a function under the name of its import. The launcher finds every
//! other form when it loads the file. So this reader may miss a call, but never takes another one for it.

use std::collections::BTreeMap;

/// The functions that start the engine.
const STARTERS: [&str; 3] = ["cli_main", "cluster_main", "run_main"];

/// The modules that have them.
const MODULES: [&str; 3] = ["bytewax._bytewax", "bytewax.run", "bytewax.testing"];

/// Returns the line of the first statement that runs a flow while the file is imported.
#[must_use]
pub fn line_of_start(text: &str) -> Option<usize> {
    let mut names = BTreeMap::new();
    for statement in statements(text) {
        if statement.text.starts_with([' ', '\t']) {
            continue;
        }
        if let Some(imported) = imports(&statement.text) {
            names.extend(imported);
        } else if let Some(own) = defined(&statement.text) {
            names.remove(own);
        } else if starts(&statement.text, &names) {
            return Some(statement.line);
        }
    }
    None
}

/// One logical line: its strings are empty, and it has no comment.
struct Statement {
    line: usize,
    text: String,
}

/// Splits a file into logical lines.
fn statements(text: &str) -> Vec<Statement> {
    let mut found = Vec::new();
    let (mut line, mut first, mut depth) = (1, 1, 0_i32);
    let mut now = String::new();
    let mut rest = text;
    while let Some(char) = rest.chars().next() {
        let mut skipped = char.len_utf8();
        match char {
            '"' | '\'' => {
                skipped = string_length(rest);
                line += rest[..skipped].matches('\n').count();
                now.push_str("''");
            }
            '#' => skipped = rest.find('\n').unwrap_or(rest.len()),
            '\\' if rest[1..].starts_with('\n') => {
                skipped = 2;
                line += 1;
            }
            '\n' | ';' => {
                line += usize::from(char == '\n');
                if depth <= 0 {
                    let text = std::mem::take(&mut now);
                    // What follows a semicolon is at the level of the statement before it.
                    let indented = text.starts_with([' ', '\t']);
                    found.push(Statement { line: first, text });
                    first = line;
                    if char == ';' {
                        skipped +=
                            rest[1..].len() - rest[1..].trim_start_matches([' ', '\t']).len();
                        now.push_str(if indented { " " } else { "" });
                    }
                }
            }
            _ => {
                depth += match char {
                    '(' | '[' | '{' => 1,
                    ')' | ']' | '}' => -1,
                    _ => 0,
                };
                now.push(char);
            }
        }
        rest = &rest[skipped..];
    }
    found.push(Statement {
        line: first,
        text: now,
    });
    found
}

/// Returns the length in bytes of the string literal at the beginning of a text.
fn string_length(text: &str) -> usize {
    let quote = &text[..1];
    let triple = quote.repeat(3);
    let (end, long) = match text.starts_with(&triple) {
        true => (triple.as_str(), true),
        false => (quote, false),
    };
    let mut at = end.len();
    while let Some(char) = text[at..].chars().next() {
        if text[at..].starts_with(end) {
            return at + end.len();
        }
        // A short string without an end is a fault, which Python reports.
        if char == '\n' && !long {
            return at;
        }
        at += char.len_utf8();
        if char == '\\' {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    text.len()
}

/// Returns the names that an import gives to modules and functions of the engine, with what they stand for.
fn imports(statement: &str) -> Option<Vec<(String, String)>> {
    let words = |text: &str| text.replace(['(', ')'], " ");
    let renamed = |item: &str| {
        let item: Vec<&str> = item.split_whitespace().collect();
        match item[..] {
            [name] => Some((name.to_owned(), name.to_owned())),
            [name, "as", other] => Some((name.to_owned(), other.to_owned())),
            _ => None,
        }
    };
    if let Some(rest) = statement.strip_prefix("from ") {
        let (module, items) = rest
            .split_once(" import ")
            .or_else(|| rest.split_once(" import("))?;
        let module = module.trim().to_owned();
        let items = words(items);
        let items = items.split(',').filter_map(renamed);
        let full = items.map(|(name, other)| (other, format!("{module}.{name}")));
        return Some(full.collect());
    }
    let rest = statement.strip_prefix("import ")?;
    let items = rest.split(',').filter_map(renamed);
    let full = items.map(|(module, other)| match module == other {
        // `import bytewax.testing` binds the name `bytewax`.
        true => {
            let top = module.split('.').next().unwrap_or_default().to_owned();
            (top.clone(), top)
        }
        false => (other, module),
    });
    Some(full.collect())
}

/// Returns the name of the function or class that a statement defines.
fn defined(statement: &str) -> Option<&str> {
    let rest = statement
        .strip_prefix("def ")
        .or_else(|| statement.strip_prefix("class "))?;
    rest.split(['(', ':']).next().map(str::trim)
}

/// Returns true if a statement is a call of a function that starts the engine, or assigns its result.
fn starts(statement: &str, names: &BTreeMap<String, String>) -> bool {
    let Some((before, _)) = statement.split_once('(') else {
        return false;
    };
    let called = before.rsplit_once('=').map_or(before, |(_, called)| called);
    let called = called.trim();
    let is_path = |text: &str| {
        text.chars()
            .all(|char| char.is_alphanumeric() || matches!(char, '_' | '.'))
    };
    if called.is_empty() || !is_path(called) {
        return false;
    }
    let (first, rest) = called.split_once('.').unwrap_or((called, ""));
    let Some(full) = names.get(first) else {
        return false;
    };
    let full = match rest {
        "" => full.clone(),
        rest => format!("{full}.{rest}"),
    };
    full.rsplit_once('.')
        .is_some_and(|(module, name)| MODULES.contains(&module) && STARTERS.contains(&name))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::name("from bytewax.testing import run_main\nrun_main(flow)\n", Some(2))]
    #[case::several(
        "from bytewax.testing import TestingSource, run_main\n\nrun_main(flow)",
        Some(3)
    )]
    #[case::long(
        "from bytewax.testing import (\n    TestingSource,\n    cluster_main,  # all\n)\ncluster_main(flow, [], 0)\n",
        Some(5)
    )]
    #[case::renamed("from bytewax.run import cli_main as go\nx = 1\ngo(flow)\n", Some(3))]
    #[case::module("import bytewax.testing\nbytewax.testing.run_main(flow)\n", Some(2))]
    #[case::renamed_module("import bytewax.testing as bt\nbt.run_main(flow)\n", Some(2))]
    #[case::submodule("from bytewax import testing\ntesting.run_main(flow)\n", Some(2))]
    #[case::engine(
        "from bytewax._bytewax import run_main\nout = run_main(flow)\n",
        Some(2)
    )]
    #[case::many_lines(
        "from bytewax.testing import run_main\nrun_main(\n    flow,\n)\n",
        Some(2)
    )]
    #[case::one_line("from bytewax.testing import run_main; run_main(flow)\n", Some(1))]
    #[case::crlf("from bytewax.testing import run_main\r\nrun_main(flow)\r\n", Some(2))]
    #[case::guarded(
        "from bytewax.testing import run_main\nif __name__ == '__main__':\n    run_main(flow)\n",
        None
    )]
    #[case::guarded_in_a_line(
        "from bytewax.testing import run_main\nif __name__ == '__main__': run_main(flow)\n",
        None
    )]
    #[case::guarded_semicolon(
        "from bytewax.testing import run_main\nif True:\n    x = 1; run_main(flow)\n",
        None
    )]
    #[case::in_a_function(
        "from bytewax.testing import run_main\ndef main():\n\trun_main(flow)\n",
        None
    )]
    #[case::own_function("def run_main(flow):\n    pass\n\nrun_main(flow)\n", None)]
    #[case::redefined(
        "from bytewax.testing import run_main\ndef run_main(flow):\n    pass\nrun_main(flow)\n",
        None
    )]
    #[case::other_library("from mylib import run_main\nrun_main(flow)\n", None)]
    #[case::not_called("from bytewax.testing import run_main\nstart = run_main\n", None)]
    #[case::comment("from bytewax.testing import run_main\n# run_main(flow)\n", None)]
    #[case::text(
        "from bytewax.testing import run_main\n'''\nrun_main(flow)\n'''\n",
        None
    )]
    #[case::quotes(
        "from bytewax.testing import run_main\na = 'it\\'s'\n\"\"\"\nrun_main(flow)\n\"\"\"\n",
        None
    )]
    #[case::argument(
        "from bytewax.testing import run_main\nx = partial(run_main, flow)\n",
        None
    )]
    #[case::in_a_list("from bytewax.testing import run_main\nx = [\nrun_main]\n", None)]
    fn start_of_a_flow_is_found_by_reading(#[case] text: &str, #[case] line: Option<usize>) {
        assert_eq!(line_of_start(text), line);
    }

    #[test]
    fn any_text_is_read() {
        for text in [
            "",
            "'",
            "\"\"\"",
            "\\",
            "(",
            ")))",
            "'\\",
            "#",
            "ü'ü\\",
            "from  import",
            "import",
        ] {
            assert_eq!(line_of_start(text), None, "{text:?}");
        }
    }
}
