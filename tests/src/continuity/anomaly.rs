//! What a run can do wrong.

use std::fmt;

/// What can be wrong with a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Numbers were never processed.
    Gap,
    /// Numbers were processed again although a later epoch had been durable.
    Doubled,
    /// A key began again at 1 although its earlier numbers had been durable.
    RestartedFromZero,
    /// The state differs from what the numbers make of it.
    WrongState,
    /// A source run recorded although a later one had begun, or in two processes: two gangs ran at once.
    TwoWriters,
}

/// One fault, with the place where it was seen first.
#[derive(Clone, Debug)]
pub struct Anomaly {
    /// What is wrong.
    pub kind: Kind,
    /// Key, file and numbers.
    pub what: String,
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.what)
    }
}
