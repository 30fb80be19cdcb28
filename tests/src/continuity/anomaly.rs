//! The kinds of anomalies that the continuity checker reports.

use std::fmt;

/// Kind of an anomaly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Numbers were never processed.
    Gap,
    /// Numbers were processed again although a later epoch was already durable.
    Doubled,
    /// A key began again at 1 although its earlier numbers were already durable.
    RestartedFromZero,
    /// The state differs from the count and the sum of the numbers.
    WrongState,
    /// A source run wrote records after a later one had begun, or in two processes: two gangs ran at once.
    TwoWriters,
}

/// One anomaly, with the place where the checker found it first.
#[derive(Clone, Debug)]
pub struct Anomaly {
    /// Kind of the anomaly.
    pub kind: Kind,
    /// Key, source run and numbers, as text.
    pub what: String,
}

impl fmt::Display for Anomaly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.kind, self.what)
    }
}
