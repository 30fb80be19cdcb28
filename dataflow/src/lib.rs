//! The Dataflow resource and everything that can be computed from it.
//!
//! A Dataflow passes through four modules in this order, and each is a pure function:
//!
//! 1. [`validate`] turns a spec into a [`validate::ValidatedDataflow`], or reports every fault.
//! 2. [`revision`] computes the identity of a spec together with its code.
//! 3. [`plan`] computes every child object.
//! 4. [`yaml`] writes objects as canonical text.
//!
//! The command line and the operator share these modules, so `render --expand` prints the objects that the operator
//! creates. Nothing in this crate does I/O, reads a clock or talks to a cluster. Begin reading at [`spec`].

mod action;
pub mod chart_values;
pub mod code;
pub mod cost;
pub mod crd;
mod hex;
pub mod label;
pub mod name;
pub mod object_name;
pub mod phase;
pub mod placement;
pub mod plan;
pub mod quantity;
mod reserved;
pub mod revision;
pub mod spec;
pub mod status;
pub mod step_id;
pub mod step_record;
pub mod steps;
pub mod suspension;
pub mod validate;
pub mod yaml;

pub use name::DataflowName;
pub use spec::{Dataflow, DataflowSpec};
pub use status::DataflowStatus;
