//! Builds a [`ModuleTree`] from source text.
//!
//! Only the shape of the text is read here. [`crate::resolve`] finds the meaning of a name.

mod bound;
mod declared;
mod files;
mod ident;
mod imports;
mod tokens;

use std::collections::BTreeSet;

use syn::parse::Parser as _;
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Block, Expr, ItemMod, Meta, QSelf, Stmt, Token};

pub(crate) use self::files::parse;
pub(crate) use self::ident::line;

use self::ident::text;
use crate::checkout::{Checkout, ReadError};
use crate::for_tests;
use crate::tree::{
    Import, InherentImpl, Item, ModuleTree, Namespace, Obscure, Path, Reference, ScopeId,
};

/// Reads the library or program whose root file is `root`.
pub(crate) fn module_tree(checkout: &Checkout, root: &str) -> Result<ModuleTree, ReadError> {
    let mut reader = Reader {
        checkout,
        tree: ModuleTree::new(root),
        scope: ModuleTree::ROOT,
        folder: files::parent_folder(root).to_owned(),
        bound: Vec::new(),
        implemented: None,
        error: None,
    };
    let file = files::parse(checkout, root)?;
    reader.visit_file(&file);
    match reader.error {
        Some(error) => Err(error),
        None => Ok(reader.tree),
    }
}

struct Reader<'a> {
    checkout: &'a Checkout,
    tree: ModuleTree,
    /// The scope that is being read.
    scope: ScopeId,
    /// The folder in which the files of its child modules are.
    folder: String,
    /// The variables of the functions around the place that is being read.
    bound: Vec<BTreeSet<String>>,
    /// The type of the `impl` block that is being read.
    implemented: Option<Path>,
    /// The first error; a visitor cannot return one.
    error: Option<ReadError>,
}

impl Reader<'_> {
    fn module(&mut self, item: &ItemMod) -> Result<(), ReadError> {
        let here = self.tree.scope(self.scope).file.clone();
        if let Some((_, items)) = &item.content {
            self.enter(item, &here, items);
            return Ok(());
        }
        let path = files::of_module(self.checkout, item, &here, &self.folder)?;
        let file = files::parse(self.checkout, &path)?;
        if for_tests::is(&file.attrs) {
            self.leave_out(item);
        } else {
            self.enter(item, &path, &file.items);
        }
        Ok(())
    }

    /// Reads the items of a module, which are in `file`.
    fn enter(&mut self, item: &ItemMod, file: &str, items: &[syn::Item]) {
        let name = text(&item.ident);
        let reach = declared::reach(&self.tree, self.scope, &item.vis);
        let folder = format!("{}/{name}", self.folder);
        let module = self.tree.add(Some(name.clone()), self.scope, file);
        let namespace = Namespace::Type;
        let item_of_it = Item {
            name,
            namespace,
            module: Some(module),
            reach,
            fields: 0,
        };
        self.tree.scope_mut(self.scope).items.push(item_of_it);

        let outer = (self.scope, std::mem::replace(&mut self.folder, folder));
        self.scope = module;
        items.iter().for_each(|item| self.visit_item(item));
        (self.scope, self.folder) = outer;
    }

    /// Records a module that exists for tests only.
    fn leave_out(&mut self, item: &ItemMod) {
        if self.scope == ModuleTree::ROOT {
            self.tree.only_for_tests.push(text(&item.ident));
        }
    }

    fn refer(&mut self, path: &syn::Path, namespace: Namespace) {
        if let Some(first) = path.segments.first() {
            self.note(path_of(path, line(&first.ident)), namespace);
        }
    }

    /// Records the use of a member of the enclosing type.
    fn refer_member(&mut self, name: String, line: usize) {
        if let Some(mut path) = self.implemented.clone() {
            path.line = line;
            path.segments.push(name);
            self.note(path, Namespace::Value);
        }
    }

    fn note(&mut self, path: Path, namespace: Namespace) {
        let first = &path.segments[0];
        if let ("Self", [_, name]) = (first.as_str(), path.segments.as_slice()) {
            self.refer_member(name.clone(), path.line);
        }
        let variable = path.segments.len() == 1
            && namespace == Namespace::Value
            && self.bound.iter().any(|names| names.contains(first));
        if first != "Self" && !variable {
            self.tree
                .scope_mut(self.scope)
                .references
                .push(Reference { path, namespace });
        }
    }

    /// Records a path after `<Type as Trait>::`, which begins with the trait, or after `<Type>::`, which
    /// begins with a member.
    fn refer_qualified(&mut self, qself: Option<&QSelf>, path: &syn::Path, namespace: Namespace) {
        if qself.is_none_or(|qself| qself.position > 0) {
            self.refer(path, namespace);
        }
        if let Some(qself) = qself {
            self.visit_qself(qself);
        }
        path.segments
            .iter()
            .for_each(|segment| self.visit_path_arguments(&segment.arguments));
    }

    fn scan(&mut self, tokens: proc_macro2::TokenStream) {
        for path in tokens::paths(tokens) {
            self.note(path, Namespace::Value);
        }
    }

    fn obscure(&mut self, what: &'static str, name: &syn::Ident) {
        let file = self.tree.scope(self.scope).file.clone();
        let line = line(name);
        self.tree.obscure.push(Obscure { file, line, what });
    }

    fn implement(&mut self, of: Option<Path>, read: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.implemented, of);
        read(self);
        self.implemented = outer;
    }

    fn function(&mut self, bound: BTreeSet<String>, read: impl FnOnce(&mut Self)) {
        self.bound.push(bound);
        read(self);
        self.bound.pop();
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if for_tests::is(for_tests::of_item(item)) {
            if let syn::Item::Mod(item) = item {
                self.leave_out(item);
            }
            return;
        }
        match item {
            syn::Item::Mod(item) => {
                if let Err(error) = self.module(item) {
                    self.error.get_or_insert(error);
                }
            }
            syn::Item::Use(item) => {
                let reach = declared::reach(&self.tree, self.scope, &item.vis);
                let imports = imports::imports(item).into_iter();
                let imports = imports.map(|(path, name)| Import { path, name, reach });
                self.tree.scope_mut(self.scope).imports.extend(imports);
            }
            syn::Item::ExternCrate(item) if item.ident == "self" => {
                self.obscure("extern crate self", &item.ident);
            }
            other => {
                let items = declared::items(&self.tree, self.scope, other);
                self.tree.scope_mut(self.scope).items.extend(items);
                visit::visit_item(self, other);
            }
        }
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let of = match &*item.self_ty {
            syn::Type::Path(of) if of.qself.is_none() => Some(path_of(&of.path, 0)),
            _ => None,
        };
        if let (None, Some(of)) = (&item.trait_, &of) {
            let block = InherentImpl {
                of: of.clone(),
                members: declared::members(item),
                public: declared::public_members(item),
            };
            self.tree.scope_mut(self.scope).impls.push(block);
        }
        self.implement(of, |reader| visit::visit_item_impl(reader, item));
    }

    /// Reads a trait without a type for `self`, because the type is unknown there.
    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.implement(None, |reader| visit::visit_item_trait(reader, item));
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if is_self(&call.receiver) {
            self.refer_member(text(&call.method), line(&call.method));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(bound::in_function(&item.sig, &item.block), |reader| {
            visit::visit_item_fn(reader, item);
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(bound::in_function(&item.sig, &item.block), |reader| {
            visit::visit_impl_item_fn(reader, item);
        });
    }

    fn visit_block(&mut self, block: &'ast Block) {
        let declares = block.stmts.iter().any(|stmt| matches!(stmt, Stmt::Item(_)));
        let outer = self.scope;
        if declares {
            let file = self.tree.scope(outer).file.clone();
            self.scope = self.tree.add(None, outer, &file);
        }
        visit::visit_block(self, block);
        self.scope = outer;
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.refer_qualified(None, path, Namespace::Type);
    }

    fn visit_type_path(&mut self, of: &'ast syn::TypePath) {
        self.refer_qualified(of.qself.as_ref(), &of.path, Namespace::Type);
    }

    fn visit_expr_path(&mut self, of: &'ast syn::ExprPath) {
        of.attrs
            .iter()
            .for_each(|attribute| self.visit_attribute(attribute));
        self.refer_qualified(of.qself.as_ref(), &of.path, Namespace::Value);
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        if !for_tests::is(for_tests::of_impl_item(item)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_trait_item(&mut self, item: &'ast syn::TraitItem) {
        if !for_tests::is(for_tests::of_trait_item(item)) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_stmt(&mut self, item: &'ast syn::Stmt) {
        if !for_tests::is(for_tests::of_statement(item)) {
            visit::visit_stmt(self, item);
        }
    }

    fn visit_expr(&mut self, item: &'ast syn::Expr) {
        if !for_tests::is(for_tests::of_expression(item)) {
            visit::visit_expr(self, item);
        }
    }

    fn visit_field(&mut self, item: &'ast syn::Field) {
        if !for_tests::is(&item.attrs) {
            visit::visit_field(self, item);
        }
    }

    fn visit_variant(&mut self, item: &'ast syn::Variant) {
        if !for_tests::is(&item.attrs) {
            visit::visit_variant(self, item);
        }
    }

    fn visit_arm(&mut self, item: &'ast syn::Arm) {
        if !for_tests::is(&item.attrs) {
            visit::visit_arm(self, item);
        }
    }

    fn visit_field_value(&mut self, item: &'ast syn::FieldValue) {
        if !for_tests::is(&item.attrs) {
            visit::visit_field_value(self, item);
        }
    }

    fn visit_field_pat(&mut self, item: &'ast syn::FieldPat) {
        if !for_tests::is(&item.attrs) {
            visit::visit_field_pat(self, item);
        }
    }

    /// Reads arguments as expressions if they are expressions, and otherwise name by name.
    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.refer(&call.path, Namespace::Macro);
        if let Some(last) = call
            .path
            .segments
            .last()
            .filter(|last| last.ident == "include")
        {
            self.obscure("include!", &last.ident);
        }
        let arguments = Punctuated::<Expr, Token![,]>::parse_terminated;
        match arguments.parse2(call.tokens.clone()) {
            Ok(arguments) => arguments
                .iter()
                .for_each(|argument| self.visit_expr(argument)),
            Err(_) => self.scan(call.tokens.clone()),
        }
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta
            && !for_tests::is_conditional(attribute)
        {
            self.scan(list.tokens.clone());
        }
    }

    /// Skips the path of `pub(in path)`: it limits the visibility, and is no use of another module.
    fn visit_vis_restricted(&mut self, _: &'ast syn::VisRestricted) {}
}

fn path_of(path: &syn::Path, line: usize) -> Path {
    let segments = path.segments.iter();
    Path {
        of_other_crate: path.leading_colon.is_some(),
        segments: segments.map(|segment| text(&segment.ident)).collect(),
        line,
    }
}

/// Whether the receiver is `self`, or a reference to it.
fn is_self(receiver: &Expr) -> bool {
    match receiver {
        Expr::Path(of) => of.path.is_ident("self"),
        Expr::Paren(of) => is_self(&of.expr),
        Expr::Reference(of) => is_self(&of.expr),
        _ => false,
    }
}
