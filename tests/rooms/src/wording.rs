//! Checks texts: module headers, docs of functions, messages, names of tests, scripts, and the pages for people.
//!
//! CONTRIBUTING.md, section "How it is written", has the rules. Code and docs under `#[cfg(test)]`
//! are left out. Begin reading with [`wording`].

mod contraction;
mod fault;
mod figures;
mod header;
mod page;
mod prose;
mod script;
mod source;
mod test_name;

use std::fmt::{self, Display, Formatter};

pub use self::figures::{Figures, figures};

use self::fault::{MAX_PERCENT, WordingFault};
use crate::checkout::{Checkout, ReadError};
use crate::package;
use crate::uses::Crate;

/// The faults in all texts, and how many texts were read.
#[derive(Debug, Default)]
pub struct Wording {
    faults: Vec<WordingFault>,
    functions: usize,
    messages: usize,
    scripts: usize,
    pages: usize,
}

/// Finds every fault in the texts of a workspace.
pub fn wording(checkout: &Checkout) -> Result<Wording, ReadError> {
    let mut found = Wording::default();
    let mut questions = Vec::new();
    for package in package::packages(checkout)? {
        found
            .faults
            .extend(header::faults(checkout, &package.folder)?);
        found
            .faults
            .extend(test_name::faults(checkout, &package.folder)?);
        for file in Crate::read(checkout, &package)?.files {
            let texts = source::texts(checkout, &file)?;
            found.functions += texts.functions.len();
            found.messages += texts.messages.len();
            let asking = |doc: &&source::Text| prose::asks(&doc.text);
            questions.extend(
                texts
                    .functions
                    .iter()
                    .filter(asking)
                    .map(source::Text::place),
            );
            found.faults.extend(contraction::faults(&texts.messages));
        }
    }
    if questions.len() * 100 > found.functions * MAX_PERCENT {
        found.faults.push(WordingFault::Questions {
            functions: found.functions,
            places: questions,
        });
    }
    found.scripts = script::count(checkout);
    found.faults.extend(script::faults(checkout));
    found.faults.extend(page::missing(checkout));
    for (path, text) in page::pages(checkout) {
        found.pages += 1;
        found.faults.extend(page::faults(path, text));
    }
    Ok(found)
}

impl Wording {
    /// Whether there is no fault.
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    /// Returns each fault as text.
    pub fn faults(&self) -> Vec<String> {
        self.faults.iter().map(ToString::to_string).collect()
    }
}

impl Display for Wording {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for fault in &self.faults {
            writeln!(f, "{fault}\n")?;
        }
        let Self {
            functions,
            messages,
            scripts,
            pages,
            ..
        } = self;
        write!(
            f,
            "documented functions: {functions}, messages: {messages}, scripts: {scripts}, \
             pages: {pages}; "
        )?;
        match self.faults.len() {
            0 => writeln!(f, "no fault in the wording"),
            1 => writeln!(f, "1 fault in the wording"),
            count => writeln!(f, "{count} faults in the wording"),
        }
    }
}
