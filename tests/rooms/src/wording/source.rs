//! Collects docs and messages of a source file.
//!
//! A message is a string in code, in the arguments of a macro or of an attribute such as `#[error]`,
//! and a doc comment that becomes help or a description in the CRD.

use proc_macro2::{TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprLit, Lit, LitStr, Meta, Token};

use crate::checkout::{Checkout, ReadError};
use crate::for_tests;
use crate::read::{self, line};

/// Derives whose types show their doc comments to people.
const SHOWN: [&str; 6] = [
    "Args",
    "CustomResource",
    "JsonSchema",
    "Parser",
    "Subcommand",
    "ValueEnum",
];

/// Attributes whose strings only people who change the code read.
const SILENT: [&str; 5] = ["allow", "cfg", "deny", "expect", "must_use"];

/// A text with its place.
#[derive(Debug)]
pub(super) struct Text {
    file: String,
    line: usize,
    /// The text, without comment marks.
    pub(super) text: String,
}

/// The texts of a file, without those under `#[cfg(test)]`.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// The doc comments of functions.
    pub(super) functions: Vec<Text>,
    /// All doc comments, also those of functions and modules.
    pub(super) docs: Vec<Text>,
    /// All messages.
    pub(super) messages: Vec<Text>,
}

impl Text {
    /// Creates a text that begins on this line of a file.
    pub(super) fn new(file: &str, line: usize, text: String) -> Self {
        let file = file.to_owned();
        Self { file, line, text }
    }

    /// Returns file and line.
    pub(super) fn place(&self) -> String {
        format!("{}:{}", self.file, self.line)
    }
}

/// Collects the texts of a file.
pub(super) fn texts(checkout: &Checkout, file: &str) -> Result<Texts, ReadError> {
    let mut reader = Reader {
        file,
        texts: Texts::default(),
        is_shown: false,
        last_doc: 0,
    };
    reader.visit_file(&read::parse(checkout, file)?);
    Ok(reader.texts)
}

struct Reader<'a> {
    file: &'a str,
    texts: Texts,
    /// Whether people see the docs of the type that is being read.
    is_shown: bool,
    /// The line of the last doc comment.
    last_doc: usize,
}

impl Reader<'_> {
    fn text(&self, line: usize, text: String) -> Text {
        Text::new(self.file, line, text)
    }

    fn message(&mut self, line: usize, text: String) {
        let message = self.text(line, text);
        self.texts.messages.push(message);
    }

    fn function(&mut self, attributes: &[Attribute]) {
        let docs: Vec<(usize, String)> = attributes.iter().filter_map(doc).collect();
        if let Some((line, _)) = docs.first() {
            let lines: Vec<&str> = docs.iter().map(|(_, text)| text.as_str()).collect();
            let doc = self.text(*line, lines.join("\n"));
            self.texts.functions.push(doc);
        }
    }

    /// Adds a line of a doc comment; lines that follow each other are one comment.
    fn doc(&mut self, line: usize, text: &str) {
        match self.texts.docs.last_mut() {
            Some(last) if self.last_doc + 1 == line => {
                last.text.push('\n');
                last.text.push_str(text);
            }
            _ => {
                let doc = self.text(line, text.to_owned());
                self.texts.docs.push(doc);
            }
        }
        self.last_doc = line;
    }

    /// Adds the strings in the arguments of an attribute; those of `cfg_attr` are a condition and attributes.
    fn arguments(&mut self, attribute: &Meta) {
        let Meta::List(list) = attribute else {
            return;
        };
        if list.path.is_ident("cfg_attr") {
            let parts = Punctuated::<Meta, Token![,]>::parse_terminated;
            let parts = list.parse_args_with(parts);
            for part in parts.iter().flatten().skip(1) {
                self.arguments(part);
            }
        } else if !SILENT.iter().any(|name| list.path.is_ident(name)) {
            self.strings(list.tokens.clone());
        }
    }

    fn strings(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.strings(group.stream()),
                TokenTree::Literal(literal) => {
                    if let Ok(string) = syn::parse_str::<LitStr>(&literal.to_string()) {
                        self.message(literal.span().start().line, string.value());
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        let attributes = for_tests::of_item(item);
        if for_tests::is(attributes) {
            return;
        }
        let outer = std::mem::replace(&mut self.is_shown, attributes.iter().any(derives_shown));
        visit::visit_item(self, item);
        self.is_shown = outer;
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(&item.attrs);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item(&mut self, item: &'ast syn::ImplItem) {
        if !for_tests::is(for_tests::of_impl_item(item)) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(&item.attrs);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item(&mut self, item: &'ast syn::TraitItem) {
        if !for_tests::is(for_tests::of_trait_item(item)) {
            visit::visit_trait_item(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.function(&item.attrs);
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        if !for_tests::is(for_tests::of_statement(statement)) {
            visit::visit_stmt(self, statement);
        }
    }

    fn visit_expr(&mut self, expression: &'ast Expr) {
        if !for_tests::is(for_tests::of_expression(expression)) {
            visit::visit_expr(self, expression);
        }
    }

    fn visit_lit_str(&mut self, string: &'ast LitStr) {
        self.message(string.span().start().line, string.value());
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.strings(call.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Some((line, text)) = doc(attribute) {
            self.doc(line, &text);
            if self.is_shown {
                self.message(line, text);
            }
        } else if !for_tests::is_conditional(attribute) {
            self.arguments(&attribute.meta);
        }
    }
}

/// Returns line and text of a doc comment.
fn doc(attribute: &Attribute) -> Option<(usize, String)> {
    let name = attribute.path().get_ident().filter(|name| *name == "doc")?;
    match &attribute.meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some((line(name), text.value())),
            _ => None,
        },
        _ => None,
    }
}

/// Whether an attribute derives one of [`SHOWN`].
fn derives_shown(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else {
        return false;
    };
    let derives = list.path.is_ident("derive") || list.path.is_ident("cfg_attr");
    derives && names_shown(list.tokens.clone())
}

/// Whether one of [`SHOWN`] is among the tokens; `cfg_attr` has its `derive` in a group.
fn names_shown(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(name) => SHOWN.iter().any(|shown| name == shown),
        TokenTree::Group(group) => names_shown(group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
