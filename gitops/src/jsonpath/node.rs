//! The parts of a parsed template, and the error of all its phases.

/// A part of a template, or one step of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    /// An expression in braces: steps, of which each gets the values of the one before.
    List(Vec<Node>),
    Text(String),
    Field(String),
    Slice(Slice),
    Filter(Box<Filter>),
    Int(i64),
    Float(f64),
    Bool(bool),
    Wildcard,
    Recursive,
    Union(Vec<Vec<Node>>),
    /// `range`, `end`, or a word without a meaning.
    Identifier(String),
}

/// An index or a slice of an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) start: Option<i64>,
    pub(super) end: End,
    pub(super) step: Option<i64>,
}

/// The end of a slice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The end of the array.
    Open,
    /// This index, counted from the end if it is negative.
    At(i64),
    /// The index after the start: the step is an index and not a slice.
    AfterStart,
}

/// A condition on the elements of an array.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Filter {
    pub(super) left: Vec<Node>,
    pub(super) right: Vec<Node>,
    /// The operator; `None` if the left side only has to exist.
    pub(super) operator: Option<String>,
}

/// The reason why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct JsonPathError(String);

impl JsonPathError {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}
