//! The languages of the texts that are searched.

/// The language of a text, which decides what a value without quotes is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Syntax {
    /// A program: a value without quotes is an expression.
    Code,
    /// Lines of settings, in YAML, JSON, TOML, shell or properties: a value needs no quotes.
    Data,
    /// Sentences: a value without quotes is a secret only if it does not look like a word.
    Prose,
    /// No text: only tokens and URLs are searched.
    Binary,
}
