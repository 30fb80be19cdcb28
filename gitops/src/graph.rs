//! The graph of a flow: its steps and the streams between them, as Bytewax describes it.
//!
//! Bytewax writes the description (`bytewax.visualize`) when it loads a flow. Only the steps of the user's file are
//! nodes; the inner steps of an operator are not.

mod comparison;
mod model;
mod text;

#[cfg(test)]
mod tests;

pub use comparison::{compare, compare_stateful};
pub use model::{Graph, Input, Step};
pub use text::Format;
