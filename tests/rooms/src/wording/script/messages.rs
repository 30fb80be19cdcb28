//! Collects the messages of scripts: the strings of Python and Go, the code of shell and make.
//!
//! Comments are left out. In shell and make any word can be a part of a message, so all code is read; the help of a
//! make target (`##`) is a message, too.

use super::language::Language;

/// Marks around a string.
struct Quote {
    mark: &'static str,
    /// Whether a backslash escapes the letter behind it.
    has_escapes: bool,
    /// Whether the string ends with its line at the latest.
    has_one_line: bool,
}

/// The strings of Python; longer marks come first.
const PYTHON: [Quote; 4] = [
    Quote::new("\"\"\"", true, false),
    Quote::new("'''", true, false),
    Quote::new("\"", true, true),
    Quote::new("'", true, true),
];

/// The strings and letters of Go.
const GO: [Quote; 3] = [
    Quote::new("\"", true, true),
    Quote::new("`", false, false),
    Quote::new("'", true, true),
];

/// Returns the messages of a file, each with the line on which it begins.
pub(super) fn messages(language: Language, text: &str) -> Vec<(usize, String)> {
    let found = match language {
        Language::Go => strings(text, &GO, go_comment),
        Language::Python => strings(text, &PYTHON, python_comment),
        Language::Make => lines(text, |line| if line.starts_with('#') { "" } else { line }),
        Language::Shell => lines(text, without_comment),
    };
    let found = found.into_iter();
    found
        .map(|(line, text)| (line, with_apostrophes(text)))
        .collect()
}

/// Returns the first string of a text of Python.
pub(super) fn first_string(text: &str) -> Option<String> {
    let first = strings(text, &PYTHON, python_comment).into_iter().next();
    first.map(|(_, string)| string.to_owned())
}

/// Replaces the ways in which a script writes an apostrophe inside a string by an apostrophe.
fn with_apostrophes(text: &str) -> String {
    text.replace("'\\''", "'")
        .replace("'\"'\"'", "'")
        .replace("\\'", "'")
}

/// Returns the strings of a text with their lines. `comment` returns the length of the comment at the start of a text.
fn strings<'a>(
    text: &'a str,
    quotes: &[Quote],
    comment: fn(&str) -> Option<usize>,
) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let quote = quotes.iter().find(|quote| rest.starts_with(quote.mark));
        rest = if let Some(length) = comment(rest) {
            &rest[length..]
        } else if let Some(quote) = quote {
            let line = text[..text.len() - rest.len()].matches('\n').count() + 1;
            let inside = &rest[quote.mark.len()..];
            let (string, after) = inside.split_at(quote.length(inside));
            found.push((line, string));
            after.strip_prefix(quote.mark).unwrap_or(after)
        } else {
            &rest[letter.len_utf8()..]
        };
    }
    found
}

fn python_comment(rest: &str) -> Option<usize> {
    rest.starts_with('#').then(|| line_length(rest))
}

fn go_comment(rest: &str) -> Option<usize> {
    if rest.starts_with("/*") {
        return Some(rest.find("*/").map_or(rest.len(), |end| end + 2));
    }
    rest.starts_with("//").then(|| line_length(rest))
}

fn line_length(rest: &str) -> usize {
    rest.find('\n').unwrap_or(rest.len())
}

/// Returns what `code` leaves of each line.
fn lines<'a>(text: &'a str, code: impl Fn(&'a str) -> &'a str) -> Vec<(usize, &'a str)> {
    let lines = text.lines().enumerate();
    lines
        .map(|(index, line)| (index + 1, code(line)))
        .filter(|(_, code)| !code.trim().is_empty())
        .collect()
}

/// Returns a line of shell without its comment. Strings of several lines are read as if each line were its own.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (index, letter) in line.char_indices() {
        match quote {
            Some('"') if before == '\\' => {}
            Some(mark) if letter == mark => quote = None,
            None if letter == '#' && before.is_whitespace() => return &line[..index],
            None if matches!(letter, '\'' | '"') && before != '\\' => quote = Some(letter),
            _ => {}
        }
        before = letter;
    }
    line
}

impl Quote {
    const fn new(mark: &'static str, has_escapes: bool, has_one_line: bool) -> Self {
        Self {
            mark,
            has_escapes,
            has_one_line,
        }
    }

    /// Returns the length of the string that `inside` begins with, without the mark at its end.
    fn length(&self, inside: &str) -> usize {
        let mut is_escaped = false;
        for (index, letter) in inside.char_indices() {
            if is_escaped {
                is_escaped = false;
            } else if letter == '\\' && self.has_escapes {
                is_escaped = true;
            } else if inside[index..].starts_with(self.mark)
                || (letter == '\n' && self.has_one_line)
            {
                return index;
            }
        }
        inside.len()
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case::python("f('one', \"two\")  # 'three'", &[(1, "one"), (1, "two")])]
    #[case::mark_inside("f(\"it's # one\")", &[(1, "it's # one")])]
    #[case::escaped("f('it\\'s one')", &[(1, "it's one")])]
    #[case::several_lines("\"\"\"one\n\"two\"\"\"\nf('three')", &[(1, "one\n\"two"), (3, "three")])]
    #[case::end_of_line("f('one\nf('two')", &[(1, "one"), (2, "two")])]
    fn strings_of_python_are_found(#[case] text: &str, #[case] expected: &[(usize, &str)]) {
        assert_messages(Language::Python, text, expected);
    }

    #[rstest]
    #[case::string("f(\"one\") // \"two\"", &[(1, "one")])]
    #[case::raw("f(`one \"\\\ntwo`, \"three\")", &[(1, "one \"\\\ntwo"), (2, "three")])]
    #[case::block_comment("/* \"one\"\n*/ f(\"two\")", &[(2, "two")])]
    #[case::letter("f('\"', \"one\")", &[(1, "\""), (1, "one")])]
    fn strings_of_go_are_found(#[case] text: &str, #[case] expected: &[(usize, &str)]) {
        assert_messages(Language::Go, text, expected);
    }

    #[rstest]
    #[case::code("#!/bin/sh\necho one # two", &[(2, "echo one ")])]
    #[case::number_sign("echo \"# $#\" ${a#b}", &[(1, "echo \"# $#\" ${a#b}")])]
    #[case::apostrophe("echo 'can'\\''t'", &[(1, "echo 'can't'")])]
    #[case::quoted_apostrophe("echo 'can'\"'\"'t'", &[(1, "echo 'can't'")])]
    fn code_of_shell_is_found(#[case] text: &str, #[case] expected: &[(usize, &str)]) {
        assert_messages(Language::Shell, text, expected);
    }

    #[test]
    fn help_of_make_target_is_message() {
        let text = "# one\ntwo: ## three\n\techo four";
        assert_messages(
            Language::Make,
            text,
            &[(2, "two: ## three"), (3, "\techo four")],
        );
    }

    fn assert_messages(language: Language, text: &str, expected: &[(usize, &str)]) {
        let found = messages(language, text);
        let found: Vec<(usize, &str)> = found
            .iter()
            .map(|(line, text)| (*line, text.as_str()))
            .collect();
        assert_eq!(found, expected);
    }
}
