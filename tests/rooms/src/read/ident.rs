//! Text and line of a name.

use proc_macro2::Ident;
use syn::ext::IdentExt as _;

/// Returns the name without `r#`.
pub(super) fn text(ident: &Ident) -> String {
    ident.unraw().to_string()
}

/// Returns the line of the name in its file.
pub(crate) fn line(ident: &Ident) -> usize {
    ident.span().start().line
}
