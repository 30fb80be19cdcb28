//! The Dataflow resource and everything that can be computed from it.
//!
//! One Dataflow goes through these rooms in order, and each is a pure function: [`validate`] turns a
//! spec into a [`validate::ValidatedDataflow`] or names every fault; [`revision`] gives what would
//! run an identity; [`plan`] computes every child object; [`yaml`] writes objects as canonical text.
//! The command line and the operator share them, so what `render --expand` prints is what the
//! operator creates. Nothing here does I/O, reads a clock or talks to a cluster.

mod action;
pub mod chart_values;
pub mod code;
pub mod cost;
pub mod crd;
mod hex;
pub mod label;
pub mod name;
pub mod phase;
pub mod placement;
pub mod plan;
pub mod quantity;
mod reserved;
pub mod revision;
pub mod spec;
pub mod status;
pub mod steps;
pub mod validate;
pub mod yaml;

pub use name::DataflowName;
pub use spec::{Dataflow, DataflowSpec};
pub use status::DataflowStatus;
