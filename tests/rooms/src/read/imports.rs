//! Splits a `use` statement into one path per name.

use syn::{ItemUse, UseTree};

use super::ident::{line, text};
use crate::tree::Path;

/// Returns one path for each imported name, with the name that it has here. A glob has none.
pub(super) fn imports(item: &ItemUse) -> Vec<(Path, Option<String>)> {
    let start = Path {
        of_other_crate: item.leading_colon.is_some(),
        segments: Vec::new(),
        line: item.use_token.span.start().line,
    };
    let mut found = Vec::new();
    collect(&item.tree, start, &mut found);
    found
}

fn collect(tree: &UseTree, mut path: Path, found: &mut Vec<(Path, Option<String>)>) {
    match tree {
        UseTree::Path(part) => {
            path.segments.push(text(&part.ident));
            path.line = line(&part.ident);
            collect(&part.tree, path, found);
        }
        UseTree::Name(part) => {
            extend(&mut path, &part.ident);
            let name = path.segments.last().cloned();
            found.push((path, name));
        }
        UseTree::Rename(part) => {
            extend(&mut path, &part.ident);
            found.push((path, Some(text(&part.rename))));
        }
        UseTree::Glob(part) => {
            path.line = part.star_token.spans[0].start().line;
            found.push((path, None));
        }
        UseTree::Group(part) => {
            for tree in &part.items {
                collect(tree, path.clone(), found);
            }
        }
    }
}

/// Resolves `{self}` in a group, which means the path before it.
fn extend(path: &mut Path, name: &proc_macro2::Ident) {
    if name != "self" || path.segments.is_empty() {
        path.segments.push(text(name));
    }
    path.line = line(name);
}
