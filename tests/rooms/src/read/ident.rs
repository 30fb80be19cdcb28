//! The text and the place of a name.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

/// The name without `r#`.
pub(super) fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// The line in its file.
pub(super) fn line(ident: &Ident) -> usize {
    ident.span().start().line
}
