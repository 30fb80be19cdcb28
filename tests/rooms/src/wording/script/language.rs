//! The languages of scripts, by the names and first lines of files.

/// A language of scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    /// Go.
    Go,
    /// The language of a Makefile.
    Make,
    /// Python.
    Python,
    /// The language of a shell.
    Shell,
}

/// Returns the language of a file. Files without an ending state it in their first line (`#!/bin/sh`).
pub(super) fn of(path: &str, text: &str) -> Option<Language> {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        _ if name == "Makefile" => Some(Language::Make),
        Some((_, "go")) => Some(Language::Go),
        Some((_, "py")) => Some(Language::Python),
        Some((_, "sh")) => Some(Language::Shell),
        Some(_) => None,
        None => {
            let first = text.lines().next().unwrap_or_default();
            let program = first.strip_prefix("#!")?;
            if program.contains("python") {
                Some(Language::Python)
            } else {
                program
                    .trim_end()
                    .ends_with("sh")
                    .then_some(Language::Shell)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::makefile("Makefile", "", Some(Language::Make))]
    #[case::go("a/b.go", "", Some(Language::Go))]
    #[case::python("b.py", "", Some(Language::Python))]
    #[case::shell("a/b.sh", "", Some(Language::Shell))]
    #[case::first_line_of_shell("a/box", "#!/bin/bash\nset -eu", Some(Language::Shell))]
    #[case::first_line_of_python("a/box", "#!/usr/bin/env python3\n", Some(Language::Python))]
    #[case::other_program("a/box", "#!/usr/bin/perl\n", None)]
    #[case::settings("a/Corefile", "# text", None)]
    #[case::rust("a/b.rs", "", None)]
    fn language_is_recognised(
        #[case] path: &str,
        #[case] text: &str,
        #[case] expected: Option<Language>,
    ) {
        assert_eq!(of(path, text), expected);
    }
}
