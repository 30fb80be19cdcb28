//! Finds the strings and comments of a program line by line, as far as the search for secrets needs it.

use std::ops::Range;

use super::syntax::Syntax;

/// Extensions of programs with comments after `#`.
const WITH_HASH: [&str; 9] = ["ipynb", "jl", "pl", "py", "pyi", "pyx", "r", "rb", "tf"];
/// Extensions of programs with comments after `//`.
const WITH_SLASHES: [&str; 20] = [
    "c", "cc", "cpp", "cs", "dart", "go", "h", "hpp", "java", "js", "jsx", "kt", "mjs", "php",
    "rs", "scala", "swift", "ts", "tsx", "vue",
];
/// Extensions of texts for people.
const SENTENCES: [&str; 8] = ["adoc", "htm", "html", "log", "md", "rst", "tex", "txt"];

/// Extensions of tables with one record in each line.
const TABLES: [&str; 4] = ["csv", "psv", "tab", "tsv"];

/// A string or a comment in a line of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    /// Place in the line, without quotes.
    pub(super) range: Range<usize>,
    /// What it is.
    pub(super) kind: TextKind,
}

/// Kinds of texts in a line of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextKind {
    /// A comment, to the end of the line.
    Comment,
    /// A string that begins and ends in this line.
    String,
    /// A line of a string that has several.
    PartOfString,
}

/// The language of a file and the place in it.
#[derive(Debug)]
pub(crate) struct Lexer {
    syntax: Syntax,
    slashes: bool,
    table: bool,
    /// The quotes that close a string which goes on in the next line.
    open: Option<&'static str>,
}

impl Lexer {
    /// Chooses the language by the name of a file.
    pub(crate) fn new(path: &str) -> Self {
        let name = path.rsplit('/').next().unwrap_or_default();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let extension = extension.to_lowercase();
        let is = |list: &[&str]| list.contains(&extension.as_str());
        let syntax = if is(&WITH_HASH) || is(&WITH_SLASHES) {
            Syntax::Code
        } else if is(&SENTENCES) {
            Syntax::Prose
        } else {
            Syntax::Data
        };
        Self {
            syntax,
            slashes: is(&WITH_SLASHES),
            table: is(&TABLES),
            open: None,
        }
    }

    /// Creates the lexer of a file that is no text.
    pub(crate) fn binary() -> Self {
        Self {
            syntax: Syntax::Binary,
            slashes: false,
            table: false,
            open: None,
        }
    }

    /// Returns true for a file that is no text.
    pub(crate) fn is_binary(&self) -> bool {
        self.syntax == Syntax::Binary
    }

    /// Returns the language.
    pub(crate) fn syntax(&self) -> Syntax {
        self.syntax
    }

    /// Returns true for a file whose lines are records with the same columns.
    pub(super) fn is_table(&self) -> bool {
        self.table
    }

    /// Returns the strings and comments in the next line; of settings only the comment.
    pub(super) fn texts(&mut self, line: &str) -> Vec<Text> {
        match self.syntax {
            Syntax::Code => self.of_code(line),
            Syntax::Data => of_settings(line).into_iter().collect(),
            Syntax::Prose | Syntax::Binary => Vec::new(),
        }
    }

    fn of_code(&mut self, line: &str) -> Vec<Text> {
        let bytes = line.as_bytes();
        let comment: &[u8] = if self.slashes { b"//" } else { b"#" };
        let mut found = Vec::new();
        let mut start = 0;
        let mut close = self.open.take();
        let mut kind = match close {
            Some(_) => TextKind::PartOfString,
            None => TextKind::String,
        };
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            match close {
                Some(quotes) if rest.starts_with(quotes.as_bytes()) => {
                    let range = start..at;
                    found.push(Text { range, kind });
                    at += quotes.len();
                    close = None;
                    kind = TextKind::String;
                }
                Some(_) => at += if rest[0] == b'\\' { 2 } else { 1 },
                None if rest.starts_with(comment) => {
                    found.push(Text {
                        range: at..bytes.len(),
                        kind: TextKind::Comment,
                    });
                    return found;
                }
                None => {
                    let quotes = ["\"\"\"", "'''", "\"", "'", "`"];
                    let opened = quotes
                        .iter()
                        .find(|quote| rest.starts_with(quote.as_bytes()));
                    close = opened.copied();
                    at += opened.map_or(1, |quote| quote.len());
                    start = at;
                }
            }
        }
        if let Some(quotes) = close {
            found.push(Text {
                range: start.min(bytes.len())..bytes.len(),
                kind: TextKind::PartOfString,
            });
            self.open = Some(quotes).filter(|quotes| quotes.len() == 3 || *quotes == "`");
        }
        found
    }
}

/// Returns the comment of a line of settings.
fn of_settings(line: &str) -> Option<Text> {
    let comment = |range| Text {
        range,
        kind: TextKind::Comment,
    };
    let begin = line.len() - line.trim_start().len();
    let whole = ["#", "//", ";", "--"];
    if whole.iter().any(|head| line[begin..].starts_with(head)) && !line[begin..].starts_with("--p")
    {
        let is_registry = line[begin..].starts_with("//") && line.contains("/:");
        return (!is_registry).then(|| comment(begin..line.len()));
    }
    line.find(" #").map(|at| comment(at..line.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_and_comments_of_program_are_found() {
        let mut lexer = Lexer::new("a/b.py");
        let mut texts = |line: &'static str| -> Vec<&str> {
            lexer
                .texts(line)
                .into_iter()
                .map(|text| &line[text.range])
                .collect()
        };
        assert_eq!(texts("a = 'b\\'c' + \"d#e\" # f"), ["b\\'c", "d#e", "# f"]);
        assert_eq!(texts("x = \"\"\"one"), ["one"]);
        assert_eq!(texts("two = 'three'"), ["two = 'three'"]);
        assert_eq!(texts("end\"\"\" + four"), ["end"]);
        assert_eq!(texts("a = 'open"), ["open"]);
        assert_eq!(texts("b"), Vec::<&str>::new());
    }

    #[test]
    fn strings_of_several_lines_are_parts() {
        let mut lexer = Lexer::new("a.py");
        let mut kinds = |line: &str| -> Vec<TextKind> {
            let texts = lexer.texts(line).into_iter();
            texts.map(|text| text.kind).collect()
        };
        assert_eq!(kinds("'a' # b"), [TextKind::String, TextKind::Comment]);
        assert_eq!(kinds("x = \"\"\"a"), [TextKind::PartOfString]);
        let both = [TextKind::PartOfString, TextKind::String];
        assert_eq!(kinds("b\"\"\" + 'c'"), both);
    }

    #[rstest::rstest]
    #[case("a.py", Syntax::Code)]
    #[case("a.JSON", Syntax::Data)]
    #[case("Dockerfile", Syntax::Data)]
    #[case(".env", Syntax::Data)]
    #[case("README.md", Syntax::Prose)]
    fn language_is_chosen_by_name(#[case] path: &str, #[case] syntax: Syntax) {
        assert_eq!(Lexer::new(path).syntax(), syntax);
    }
}
