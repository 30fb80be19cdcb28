//! Checks the names of tests: each has at most 8 words.

use syn::visit::{self, Visit};
use syn::{Attribute, ItemFn};

use super::fault::{MAX_NAME_WORDS, WordingFault};
use crate::checkout::{Checkout, ReadError};
use crate::read::{self, line};

/// Finds the names that are too long, in the sources and the tests of a crate.
pub(super) fn faults(checkout: &Checkout, folder: &str) -> Result<Vec<WordingFault>, ReadError> {
    let mut found = Vec::new();
    for part in ["src", "tests"] {
        let place = format!("{folder}/{part}/");
        for file in checkout.below(&place).filter(|path| path.ends_with(".rs")) {
            let mut reader = Reader {
                file,
                found: &mut found,
            };
            reader.visit_file(&read::parse(checkout, file)?);
        }
    }
    Ok(found)
}

struct Reader<'a> {
    file: &'a str,
    found: &'a mut Vec<WordingFault>,
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        let name = item.sig.ident.to_string();
        let words = name.split('_').filter(|word| !word.is_empty()).count();
        if words > MAX_NAME_WORDS && item.attrs.iter().any(makes_a_test) {
            self.found.push(WordingFault::TestName {
                place: format!("{}:{}", self.file, line(&item.sig.ident)),
                words,
            });
        }
        visit::visit_item_fn(self, item);
    }
}

/// Whether an attribute makes its function a test: `test`, `rstest`, or a path that ends so, such as `tokio::test`.
fn makes_a_test(attribute: &Attribute) -> bool {
    let last = attribute.path().segments.last();
    last.is_some_and(|name| name.ident == "test" || name.ident == "rstest")
}
