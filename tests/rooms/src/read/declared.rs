//! Reads the names that an item declares, and from where each is visible.

use syn::{Fields, ImplItem, ItemImpl, Visibility};

use super::ident::text;
use crate::for_tests;
use crate::tree::{Item, ModuleTree, Namespace, Reach, ScopeId};

/// Returns the names that `item` declares in `scope`: a tuple or unit struct is a type and a value.
pub(super) fn items(tree: &ModuleTree, scope: ScopeId, item: &syn::Item) -> Vec<Item> {
    use Namespace::{Macro, Type, Value};
    let (ident, vis, namespaces, fields) = match item {
        syn::Item::Const(item) => (&item.ident, &item.vis, vec![Value], 0),
        syn::Item::Enum(item) => (&item.ident, &item.vis, vec![Type], 0),
        syn::Item::Fn(item) => (&item.sig.ident, &item.vis, vec![Value], 0),
        syn::Item::Static(item) => (&item.ident, &item.vis, vec![Value], 0),
        syn::Item::Struct(item) => {
            let named = matches!(item.fields, Fields::Named(_));
            let namespaces = if named { vec![Type] } else { vec![Type, Value] };
            let public = item
                .fields
                .iter()
                .filter(|field| is_public(&field.vis))
                .count();
            (&item.ident, &item.vis, namespaces, public)
        }
        syn::Item::Trait(item) => (&item.ident, &item.vis, vec![Type], 0),
        syn::Item::TraitAlias(item) => (&item.ident, &item.vis, vec![Type], 0),
        syn::Item::Type(item) => (&item.ident, &item.vis, vec![Type], 0),
        syn::Item::Union(item) => (&item.ident, &item.vis, vec![Type], 0),
        syn::Item::Macro(syn::ItemMacro {
            ident: Some(ident), ..
        }) => {
            let (name, reach) = (text(ident), Reach::Within(scope));
            return vec![Item {
                name,
                namespace: Macro,
                module: None,
                reach,
                fields: 0,
            }];
        }
        _ => return Vec::new(),
    };
    let reach = reach(tree, scope, vis);
    let declare = |namespace| Item {
        name: text(ident),
        namespace,
        module: None,
        reach,
        fields,
    };
    namespaces.into_iter().map(declare).collect()
}

/// Returns from where an item with this visibility in `scope` is visible.
///
/// `pub(in path)` is treated as `pub(crate)`: it only decides which names a glob imports.
pub(super) fn reach(tree: &ModuleTree, scope: ScopeId, vis: &Visibility) -> Reach {
    match vis {
        Visibility::Public(_) => Reach::Everywhere,
        Visibility::Restricted(limit) if limit.path.is_ident("super") => {
            Reach::Within(tree.parent_module(scope).unwrap_or(ModuleTree::ROOT))
        }
        Visibility::Restricted(limit) if !limit.path.is_ident("self") => {
            Reach::Within(ModuleTree::ROOT)
        }
        _ => Reach::Within(scope),
    }
}

/// Returns the number of public functions and constants of an `impl` block.
pub(super) fn public_members(item: &ItemImpl) -> usize {
    let public = |member: &&ImplItem| match member {
        ImplItem::Fn(member) => is_public(&member.vis),
        ImplItem::Const(member) => is_public(&member.vis),
        _ => false,
    };
    item.items.iter().filter(public).count()
}

/// Returns the names of the functions and constants of an `impl` block.
pub(super) fn members(item: &ItemImpl) -> Vec<String> {
    let kept = item
        .items
        .iter()
        .filter(|member| !for_tests::is(for_tests::of_impl_item(member)));
    let names = kept.filter_map(|member| match member {
        ImplItem::Fn(member) => Some(text(&member.sig.ident)),
        ImplItem::Const(member) => Some(text(&member.ident)),
        _ => None,
    });
    names.collect()
}

fn is_public(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}
