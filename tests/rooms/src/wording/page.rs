//! Checks the pages for people: README.md, ARCHITECTURE.md and docs/.

use super::fault::{MAX_WORDS, WordingFault};
use super::prose::{paragraphs, word_count};
use crate::checkout::Checkout;

/// The pages with a limit of lines.
const LIMITS: [(&str, usize); 2] = [("README.md", 120), ("ARCHITECTURE.md", 150)];

/// Returns path and text of each page.
pub(super) fn pages(checkout: &Checkout) -> Vec<(&str, &str)> {
    let limited = LIMITS.iter().map(|(path, _)| *path);
    let docs = checkout.below("docs/").filter(|path| path.ends_with(".md"));
    let paths = limited.chain(docs);
    paths
        .filter_map(|path| Some((path, checkout.text(path)?)))
        .collect()
}

/// Finds the pages with a limit that do not exist.
pub(super) fn missing(checkout: &Checkout) -> impl Iterator<Item = WordingFault> {
    let pages = LIMITS.iter().map(|(page, _)| *page);
    pages
        .filter(|page| checkout.text(page).is_none())
        .map(|page| WordingFault::NoPage {
            page: page.to_owned(),
        })
}

/// Finds the faults of a page.
pub(super) fn faults(path: &str, text: &str) -> Vec<WordingFault> {
    let most = LIMITS.iter().find(|(page, _)| *page == path);
    let lines = text.lines().count();
    let too_long = most.filter(|(_, most)| lines > *most);
    let too_long = too_long.map(|(_, most)| WordingFault::Lines {
        page: path.to_owned(),
        lines,
        most: *most,
    });
    let long = paragraphs(text).into_iter().filter_map(|paragraph| {
        let words = word_count(&paragraph.text);
        (words > MAX_WORDS).then(|| WordingFault::Paragraph {
            place: format!("{path}:{}", paragraph.line),
            words,
        })
    });
    too_long.into_iter().chain(long).collect()
}
