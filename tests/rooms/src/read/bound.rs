//! Collects the variables of a function.

use std::collections::BTreeSet;

use syn::visit::{self, Visit};
use syn::{Block, PatIdent, Signature};

use super::ident::text;

/// Returns every name that a parameter or pattern in the function binds.
///
/// One set for the whole function is enough: a name that a glob imports as well is
/// taken for the variable. In capitals a pattern names a constant and binds nothing.
pub(super) fn in_function(signature: &Signature, block: &Block) -> BTreeSet<String> {
    let mut names = Bound(BTreeSet::new());
    names.visit_signature(signature);
    names.visit_block(block);
    names.0
}

struct Bound(BTreeSet<String>);

impl<'ast> Visit<'ast> for Bound {
    fn visit_pat_ident(&mut self, pattern: &'ast PatIdent) {
        let name = text(&pattern.ident);
        if name.starts_with(|first: char| first.is_lowercase() || first == '_') {
            self.0.insert(name);
        }
        visit::visit_pat_ident(self, pattern);
    }
}
