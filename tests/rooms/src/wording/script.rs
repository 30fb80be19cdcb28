//! Checks the scripts and programs that are not Rust: messages, headers and names of tests.
//!
//! The readers know the comments and strings of a language, and nothing else of it. Begin reading with [`faults`].

mod header;
mod language;
mod messages;
mod test_name;

use std::collections::BTreeMap;

use self::language::Language;
use super::contraction;
use super::fault::{MAX_NAME_WORDS, WordingFault};
use super::prose;
use super::source::Text;
use crate::checkout::Checkout;

/// Counts the scripts of a workspace.
pub(super) fn count(checkout: &Checkout) -> usize {
    scripts(checkout).count()
}

/// Finds the faults of all scripts.
pub(super) fn faults(checkout: &Checkout) -> Vec<WordingFault> {
    let mut found = Vec::new();
    for (file, text, language) in scripts(checkout) {
        let messages = messages::messages(language, text).into_iter();
        let messages: Vec<Text> = messages
            .map(|(line, text)| Text::new(file, line, text))
            .collect();
        found.extend(contraction::faults(&messages));
        found.extend(header_fault(file, text, language));
        let names = test_name::names(language, file, text).into_iter();
        let long = names.filter(|(_, words)| *words > MAX_NAME_WORDS);
        found.extend(long.map(|(line, words)| WordingFault::TestName {
            place: format!("{file}:{line}"),
            words,
        }));
    }
    found.extend(packages_without_comment(checkout));
    found
}

/// Returns path, text and language of each script.
fn scripts(checkout: &Checkout) -> impl Iterator<Item = (&str, &str, Language)> {
    checkout.below("").filter_map(move |file| {
        let text = checkout.text(file)?;
        Some((file, text, language::of(file, text)?))
    })
}

/// Returns the fault of a file's header. A file of Go needs none: its package does.
fn header_fault(file: &str, text: &str, language: Language) -> Option<WordingFault> {
    match header::subject(language, file, text) {
        Some(subject) => prose::asks(&subject).then(|| WordingFault::Header {
            file: file.to_owned(),
            word: prose::first_word(&subject).to_owned(),
        }),
        None if language == Language::Go => None,
        None => Some(WordingFault::NoScriptHeader {
            file: file.to_owned(),
            form: header::form(language),
        }),
    }
}

/// Finds the folders of Go in which no file has a package comment. Tests do not count.
fn packages_without_comment(checkout: &Checkout) -> Vec<WordingFault> {
    let mut packages: BTreeMap<&str, (&str, bool)> = BTreeMap::new();
    let sources = scripts(checkout)
        .filter(|(file, _, language)| *language == Language::Go && !file.ends_with("_test.go"));
    for (file, text, language) in sources {
        let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
        let (_, is_described) = packages.entry(folder).or_insert((file, false));
        *is_described |= header::subject(language, file, text).is_some();
    }
    let nameless = packages
        .into_values()
        .filter(|(_, is_described)| !is_described);
    nameless
        .map(|(file, _)| WordingFault::NoScriptHeader {
            file: file.to_owned(),
            form: header::form(Language::Go),
        })
        .collect()
}
