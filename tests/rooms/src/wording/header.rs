//! Checks the headers of modules: each file begins with `//!` and the subject of the module.

use super::fault::WordingFault;
use super::prose;
use crate::checkout::Checkout;

/// Finds the faults of all headers below `src` of a crate.
pub(super) fn faults(checkout: &Checkout, folder: &str) -> Vec<WordingFault> {
    let sources = format!("{folder}/src/");
    let files = checkout
        .below(&sources)
        .filter(|path| path.ends_with(".rs"));
    files
        .filter_map(|path| {
            let first = checkout.text(path)?.lines().find(|line| !line.is_empty());
            let file = path.to_owned();
            match first.and_then(|line| line.strip_prefix("//!")) {
                None if has_unit_tests_only(&path[folder.len()..]) => None,
                None => Some(WordingFault::NoHeader { file }),
                Some(header) => prose::asks(header).then(|| WordingFault::Header {
                    file,
                    word: prose::first_word(header).to_owned(),
                }),
            }
        })
        .collect()
}

/// Whether a file below `folder` holds unit tests: `x/tests.rs` or a file in `x/tests/`.
fn has_unit_tests_only(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}
