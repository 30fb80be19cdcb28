//! The faults of texts, each with its place and a remedy.

use std::fmt::{self, Display, Formatter};

/// The percentage of function docs that may begin with a question word.
pub(super) const MAX_PERCENT: usize = 3;

/// The number of words that a paragraph may have.
pub(super) const MAX_WORDS: usize = 90;

/// The number of words that the name of a test may have.
pub(super) const MAX_NAME_WORDS: usize = 8;

/// One fault in a text.
#[derive(Debug)]
pub(super) enum WordingFault {
    /// A module file has no header.
    NoHeader {
        /// The file.
        file: String,
    },
    /// A script has no header.
    NoScriptHeader {
        /// The file.
        file: String,
        /// The kind of comment that the header is.
        form: &'static str,
    },
    /// A header begins with a question word.
    Header {
        /// The file.
        file: String,
        /// The question word.
        word: String,
    },
    /// A message contains a contraction.
    Contraction {
        /// File and line.
        place: String,
        /// The contraction.
        word: String,
    },
    /// Too many docs of functions begin with a question word.
    Questions {
        /// The number of documented functions.
        functions: usize,
        /// File and line of each doc that does.
        places: Vec<String>,
    },
    /// The name of a test has too many words.
    TestName {
        /// File and line.
        place: String,
        /// The number of its words.
        words: usize,
    },
    /// A page is missing.
    NoPage {
        /// The page.
        page: String,
    },
    /// A page has too many lines.
    Lines {
        /// The page.
        page: String,
        /// The number of its lines.
        lines: usize,
        /// The number that is allowed.
        most: usize,
    },
    /// A paragraph has too many words.
    Paragraph {
        /// Page and line.
        place: String,
        /// The number of its words.
        words: usize,
    },
}

impl Display for WordingFault {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoHeader { file } => write!(
                f,
                "{file}:1: the module has no header; write `//!` and what the module contains"
            ),
            Self::NoScriptHeader { file, form } => write!(
                f,
                "{file}:1: the file has no header; write {form} that says what it contains or does"
            ),
            Self::Header { file, word } => write!(
                f,
                "{file}:1: the header begins with \"{word}\"; begin with what the file contains or does"
            ),
            Self::Contraction { place, word } => write!(
                f,
                "{place}: the message contains \"{word}\"; write the words in full, such as \"cannot\""
            ),
            Self::Questions { functions, places } => {
                let (count, most) = (places.len(), functions * MAX_PERCENT / 100);
                write!(
                    f,
                    "the docs of {count} of {functions} functions begin with a question word, and at most \
                     {most} may ({MAX_PERCENT} %); begin them with a verb, such as \"Returns\""
                )?;
                places.iter().try_for_each(|place| write!(f, "\n  {place}"))
            }
            Self::TestName { place, words } => write!(
                f,
                "{place}: the name of the test has {words} words, and at most {MAX_NAME_WORDS} are allowed; \
                 name subject, condition and result, and leave the rest to the names of the cases"
            ),
            Self::NoPage { page } => write!(f, "{page} is missing"),
            Self::Lines { page, lines, most } => write!(
                f,
                "{page} has {lines} lines, and at most {most} are allowed; move details to docs/"
            ),
            Self::Paragraph { place, words } => write!(
                f,
                "{place}: the paragraph has {words} words, and at most {MAX_WORDS} are allowed; split it, or \
                 write a list or a table"
            ),
        }
    }
}
