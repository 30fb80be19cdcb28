//! Finds the headers of scripts: a docstring or the first comment, and in Go the package comment.

use super::language::Language;
use super::messages::first_string;

/// Comments for tools: the program of a script, its encoding, and what shellcheck shall not report.
const FOR_TOOLS: [&str; 3] = ["!", " -*-", " shellcheck "];

/// Returns what a header is called in a language.
pub(super) fn form(language: Language) -> &'static str {
    match language {
        Language::Go => "a package comment",
        Language::Python => "a docstring",
        Language::Make | Language::Shell => "a comment",
    }
}

/// Returns the first line of a header that has words, without the name of the script before it (`box: starts ...`).
pub(super) fn subject(language: Language, path: &str, text: &str) -> Option<String> {
    let line = match language {
        Language::Go => package_comment(text).map(str::to_owned),
        Language::Python => docstring(text).or_else(|| first_comment(text).map(str::to_owned)),
        Language::Make | Language::Shell => first_comment(text).map(str::to_owned),
    }?;
    let name = path.rsplit('/').next().unwrap_or(path);
    match line.split_once(": ") {
        Some((before, after)) if before.starts_with(name) => Some(after.to_owned()),
        _ => Some(line),
    }
}

/// Returns the first comment before any code, without its mark.
fn first_comment(text: &str) -> Option<&str> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    let comments = lines.map_while(|line| line.strip_prefix('#'));
    comments
        .filter(|comment| !FOR_TOOLS.iter().any(|order| comment.starts_with(order)))
        .map(|comment| comment.trim_start_matches('#').trim())
        .find(|comment| !comment.is_empty())
}

/// Returns the first line with words of the string that is the first statement.
fn docstring(text: &str) -> Option<String> {
    let is_before = |line: &&str| line.trim().is_empty() || line.starts_with('#');
    let before = text.split_inclusive('\n').take_while(is_before);
    let code = &text[before.map(str::len).sum::<usize>()..];
    let marks = code.trim_start_matches(['r', 'R', 'u', 'U']);
    let docstring = marks
        .starts_with(['"', '\''])
        .then(|| first_string(marks))??;
    let mut lines = docstring.lines().map(str::trim);
    lines.find(|line| !line.is_empty()).map(str::to_owned)
}

/// Returns the first line with words of the comment directly above the `package` line.
fn package_comment(text: &str) -> Option<&str> {
    let mut first = None;
    for line in text.lines() {
        match line.strip_prefix("//") {
            Some(comment) if comment.starts_with("go:") => {}
            Some(comment) if comment.trim().is_empty() => {}
            Some(comment) => first = first.or(Some(comment.trim())),
            None if line.starts_with("package ") => return first,
            None => first = None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::docstring("\"\"\"Runs it.\n\nMore.\"\"\"\nimport os", Some("Runs it."))]
    #[case::raw("r'''Runs it.'''", Some("Runs it."))]
    #[case::late(
        "#!/usr/bin/env python3\n# A licence.\n\n\"\"\"\n\nRuns it.\"\"\"",
        Some("Runs it.")
    )]
    #[case::comment("# Runs it.\nimport os", Some("Runs it."))]
    #[case::empty("\"\"\" \"\"\"\nimport os", None)]
    #[case::string_in_code("import os\n\"\"\"Runs it.\"\"\"", None)]
    #[case::encoding("# -*- coding: utf-8 -*-\nimport os", None)]
    #[case::nothing("", None)]
    fn header_of_python_is_found(#[case] text: &str, #[case] expected: Option<&str>) {
        let found = subject(Language::Python, "a/run.py", text);
        assert_eq!(found.as_deref(), expected);
    }

    #[rstest]
    #[case::comment("#!/bin/sh\n# Runs it.\nset -eu", Some("Runs it."))]
    #[case::name("#!/bin/sh\n# run.sh DIR: runs it.\nset -eu", Some("runs it."))]
    #[case::late("#!/bin/sh\n#\n\n# Runs it.", Some("Runs it."))]
    #[case::program_only("#!/bin/sh\nset -eu\n# Runs it.", None)]
    #[case::shellcheck("#!/bin/sh\n# shellcheck disable=SC2086\nset -eu", None)]
    fn header_of_shell_is_found(#[case] text: &str, #[case] expected: Option<&str>) {
        let found = subject(Language::Shell, "a/run.sh", text);
        assert_eq!(found.as_deref(), expected);
    }

    #[rstest]
    #[case::comment(
        "// Command run runs it.\n// More.\npackage main",
        Some("Command run runs it.")
    )]
    #[case::licence(
        "// A licence.\n\n// Command run runs it.\npackage main",
        Some("Command run runs it.")
    )]
    #[case::licence_only("// A licence.\n\npackage main", None)]
    #[case::directive("//go:build linux\n\npackage main", None)]
    #[case::none("package main\n// Runs it.\nfunc f() {}", None)]
    fn comment_of_go_is_found(#[case] text: &str, #[case] expected: Option<&str>) {
        let found = subject(Language::Go, "a/run.go", text);
        assert_eq!(found.as_deref(), expected);
    }
}
