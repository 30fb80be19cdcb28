use super::*;

fn shown(source: &str) -> String {
    let lines = statements(source).into_iter().map(|statement| {
        let values: Vec<_> = statement
            .literals
            .iter()
            .map(|literal| literal.value.as_str())
            .collect();
        format!(
            "{} {} {} {values:?}",
            statement.line, statement.indent, statement.text
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn code_is_split_into_logical_lines() {
    let source = r##"#!/usr/bin/env python
"""A docstring with
flow = Dataflow("no") in it."""
import os; import sys  # flow = 2

flow = Dataflow(
    "orders",  # a comment with ) and "
)
path = r"C:\new" + f'{os.sep}' \
    + b"x"
def get(n: int = 2) -> Dataflow:
	return Dataflow("it's \"so\"\n")
broken = "no end
after = 1
"##;
    insta::assert_snapshot!(shown(source), @r#"
    2 0 "" ["A docstring with\nflow = Dataflow(\"no\") in it."]
    4 0 import os []
    4 0 import sys []
    6 0 flow = Dataflow(     "",   ) ["orders"]
    9 0 path = "" + ""      + "" ["C:\\new", "{os.sep}", "x"]
    11 0 def get(n: int = 2) -> Dataflow: []
    12 8 return Dataflow("") ["it's \"so\"\n"]
    13 0 broken = "" ["no end"]
    14 0 after = 1 []
    "#);
}

#[test]
fn windows_line_ends_and_bom_are_read() {
    assert_eq!(
        shown("\u{feff}a = 1\r\nif a:\r\n    b = \"x\"\r\n"),
        "1 0 a = 1 []\n2 0 if a: []\n3 4 b = \"\" [\"x\"]"
    );
}

#[test]
fn calls_are_found_by_their_last_name() {
    let statement =
        &statements("s = files.FileSource(Path('a/b'), batch_size=1) or XFileSource('c')")[0];
    let calls: Vec<_> = statement
        .calls("FileSource")
        .map(|(from, to)| {
            let values = statement.literals_in(from, to);
            values
                .map(|literal| literal.value.clone())
                .collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(calls, [["a/b"]]);
}

#[test]
fn assignment_has_one_plain_name() {
    let assignment = |text: &str| {
        let statement = &statements(text)[0];
        statement
            .assignment()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
    };
    let found = |name: &str, value: &str| Some((name.to_owned(), value.to_owned()));
    assert_eq!(assignment("flow = f(a=1)"), found("flow", "f(a=1)"));
    assert_eq!(assignment("flow: Dataflow = f()"), found("flow", "f()"));
    assert_eq!(assignment("a == b"), None);
    assert_eq!(assignment("a.b = c"), None);
    assert_eq!(assignment("f(a=1)"), None);
    assert_eq!(assignment("a += 1"), None);
}
