//! Measures the wording: words per sentence, docs that begin with a question word, longest paragraph.

use std::fmt::{self, Display, Formatter};

use super::{prose, source};
use crate::checkout::{Checkout, ReadError};
use crate::package;
use crate::table::CRATES_FILE;
use crate::uses::Crate;

/// The figures of each crate and of all, and the longest paragraph of ARCHITECTURE.md.
#[derive(Debug)]
pub struct Figures {
    crates: Vec<Measures>,
    /// Words and line of the paragraph.
    longest: Option<(usize, usize)>,
}

#[derive(Debug, Default)]
struct Measures {
    name: String,
    functions: usize,
    questions: usize,
    sentences: Vec<usize>,
}

/// Measures the docs of each crate, without those under `#[cfg(test)]`.
pub fn figures(checkout: &Checkout) -> Result<Figures, ReadError> {
    let mut crates = Vec::new();
    for package in package::packages(checkout)? {
        let mut measures = Measures {
            name: package.name.clone(),
            ..Measures::default()
        };
        for file in Crate::read(checkout, &package)?.files {
            let texts = source::texts(checkout, &file)?;
            let asking = texts.functions.iter().filter(|doc| prose::asks(&doc.text));
            measures.questions += asking.count();
            measures.functions += texts.functions.len();
            let docs = texts.docs.iter();
            measures
                .sentences
                .extend(docs.flat_map(|doc| prose::sentence_lengths(&doc.text)));
        }
        crates.push(measures);
    }
    let page = checkout.text(CRATES_FILE).unwrap_or_default();
    let paragraphs = prose::paragraphs(page).into_iter();
    let lengths = paragraphs.map(|it| (prose::word_count(&it.text), it.line));
    Ok(Figures {
        crates,
        longest: lengths.max(),
    })
}

impl Measures {
    /// Adds those of another crate.
    fn add(&mut self, other: &Self) {
        self.functions += other.functions;
        self.questions += other.questions;
        self.sentences.extend(&other.sentences);
    }

    /// Returns the median of words per sentence.
    fn median(&self) -> usize {
        let mut lengths = self.sentences.clone();
        lengths.sort_unstable();
        lengths.get(lengths.len() / 2).copied().unwrap_or_default()
    }
}

impl Display for Figures {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut all = Measures {
            name: "all".to_owned(),
            ..Measures::default()
        };
        self.crates.iter().for_each(|measures| all.add(measures));
        writeln!(
            f,
            "{:<16} {:>10} {:>15} {:>10} {:>12}",
            "crate", "functions", "question words", "sentences", "median words"
        )?;
        for measures in self.crates.iter().chain([&all]) {
            let tenths = measures.questions * 1000 / measures.functions.max(1);
            let share = format!("{} ({}.{} %)", measures.questions, tenths / 10, tenths % 10);
            writeln!(
                f,
                "{:<16} {:>10} {:>15} {:>10} {:>12}",
                measures.name,
                measures.functions,
                share,
                measures.sentences.len(),
                measures.median()
            )?;
        }
        if let Some((words, line)) = self.longest {
            writeln!(
                f,
                "longest paragraph of {CRATES_FILE}: {words} words (line {line})"
            )?;
        }
        Ok(())
    }
}
