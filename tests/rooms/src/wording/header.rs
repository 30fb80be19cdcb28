//! Checks the headers of modules: each file begins with `//!` and the subject of the module.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use super::fault::WordingFault;
use super::prose;
use crate::checkout::{Checkout, ReadError};
use crate::read;

/// Finds the faults of all headers below `src` of a crate.
pub(super) fn faults(checkout: &Checkout, folder: &str) -> Result<Vec<WordingFault>, ReadError> {
    let sources = format!("{folder}/src/");
    let mut found = Vec::new();
    for path in checkout
        .below(&sources)
        .filter(|path| path.ends_with(".rs"))
    {
        let attributes = read::parse(checkout, path)?.attrs;
        let lines = attributes.iter().filter_map(doc);
        let file = path.to_owned();
        match lines.into_iter().find(|line| !line.trim().is_empty()) {
            None if has_unit_tests_only(&path[folder.len()..]) => {}
            None => found.push(WordingFault::NoHeader { file }),
            Some(line) if prose::asks(&line) => found.push(WordingFault::Header {
                file,
                word: prose::first_word(&line).to_owned(),
            }),
            Some(_) => {}
        }
    }
    Ok(found)
}

/// Returns the text of a doc comment. A licence or an attribute before it does not matter.
fn doc(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attribute.meta else {
        return None;
    };
    match &pair.value {
        Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) if pair.path.is_ident("doc") => Some(text.value()),
        _ => None,
    }
}

/// Whether a file below `folder` holds unit tests: `x/tests.rs` or a file in `x/tests/`.
fn has_unit_tests_only(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.contains("/tests/")
}
