//! Finds and parses the file of a module.

use syn::{Attribute, Expr, ExprLit, ItemMod, Lit, Meta};

use super::ident::{line, text};
use crate::checkout::{Checkout, ReadError};

/// Parses a file.
pub(crate) fn parse(checkout: &Checkout, path: &str) -> Result<syn::File, ReadError> {
    let text = checkout.text(path).unwrap_or_default();
    syn::parse_file(text).map_err(|error| ReadError::Source {
        path: path.to_owned(),
        line: error.span().start().line,
        reason: error.to_string(),
    })
}

/// Returns the file of a module that is declared without a body in the file `here`; the files of the child
/// modules of that place are in `folder`.
pub(super) fn of_module(
    checkout: &Checkout,
    item: &ItemMod,
    here: &str,
    folder: &str,
) -> Result<String, ReadError> {
    let name = text(&item.ident);
    let candidates = match path_attribute(&item.attrs) {
        Some(path) => vec![format!("{}/{path}", parent_folder(here))],
        None => vec![
            format!("{folder}/{name}.rs"),
            format!("{folder}/{name}/mod.rs"),
        ],
    };
    let found = candidates
        .into_iter()
        .find(|path| checkout.text(path).is_some());
    found.ok_or_else(|| ReadError::Module {
        path: here.to_owned(),
        line: line(&item.ident),
        module: name,
    })
}

/// Returns the folder that contains `path`.
pub(super) fn parent_folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes
        .iter()
        .find_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
                Expr::Lit(ExprLit {
                    lit: Lit::Str(path),
                    ..
                }) => Some(path.value()),
                _ => None,
            },
            _ => None,
        })
}
