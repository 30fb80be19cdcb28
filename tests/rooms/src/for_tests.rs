//! Recognises code that exists for tests only.

use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ImplItem, Item, Meta, Stmt, Token, TraitItem};

/// Returns the attributes of a node of one of these kinds.
macro_rules! attributes_of {
    ($kind:ident, $of:expr, $($variant:ident)*) => {
        match $of {
            $($kind::$variant(it) => it.attrs.as_slice(),)*
            _ => &[],
        }
    };
}

/// Whether the attributes remove their item from everything except tests.
pub(crate) fn is(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("cfg") => list
            .parse_args::<Meta>()
            .is_ok_and(|condition| needs_test(&condition)),
        _ => false,
    })
}

/// Whether the attribute is `#[cfg_attr(test, ..)]`, which adds attributes for tests only.
pub(crate) fn is_conditional(attribute: &Attribute) -> bool {
    let parts = Punctuated::<Meta, Token![,]>::parse_terminated;
    attribute.path().is_ident("cfg_attr")
        && attribute
            .parse_args_with(parts)
            .is_ok_and(|parts| parts.first().is_some_and(needs_test))
}

/// Whether the condition is true in tests only: `test`, or `all(..)` with such a part.
fn needs_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) if list.path.is_ident("all") => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .is_ok_and(|parts| parts.iter().any(needs_test)),
        _ => false,
    }
}

/// Returns the attributes of an item.
pub(crate) fn of_item(item: &Item) -> &[Attribute] {
    attributes_of!(Item, item,
        Const Enum ExternCrate Fn ForeignMod Impl Macro Mod Static Struct Trait TraitAlias Type Union Use)
}

/// Returns the attributes of an item of an `impl` block.
pub(crate) fn of_impl_item(item: &ImplItem) -> &[Attribute] {
    attributes_of!(ImplItem, item, Const Fn Macro Type)
}

/// Returns the attributes of an item of a trait.
pub(crate) fn of_trait_item(item: &TraitItem) -> &[Attribute] {
    attributes_of!(TraitItem, item, Const Fn Macro Type)
}

/// Returns the attributes of a statement; syn puts those of an operation on its leftmost part.
pub(crate) fn of_statement(statement: &Stmt) -> &[Attribute] {
    match statement {
        Stmt::Local(local) => &local.attrs,
        Stmt::Item(item) => of_item(item),
        Stmt::Macro(call) => &call.attrs,
        Stmt::Expr(expression, _) => {
            let mut leftmost = expression;
            loop {
                leftmost = match leftmost {
                    Expr::Assign(it) => &it.left,
                    Expr::Binary(it) => &it.left,
                    Expr::Cast(it) => &it.expr,
                    other => return of_expression(other),
                };
            }
        }
    }
}

/// Returns the attributes of an expression.
pub(crate) fn of_expression(expression: &Expr) -> &[Attribute] {
    attributes_of!(Expr, expression,
        Array Assign Async Await Binary Block Break Call Cast Closure Const Continue Field ForLoop If
        Index Let Lit Loop Macro Match MethodCall Paren Path Range RawAddr Reference Repeat Return
        Struct Try Tuple Unary Unsafe While Yield)
}
