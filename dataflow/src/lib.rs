//! The Dataflow resource and everything that can be computed from it.
//!
//! [`revision`] gives what would run an identity; [`yaml`] writes objects as canonical text. Nothing here does I/O, reads a clock or talks to a cluster.

pub mod code;
pub mod crd;
pub mod label;
pub mod name;
pub mod phase;
pub mod revision;
pub mod spec;
pub mod status;
pub mod yaml;

pub use name::DataflowName;
pub use spec::{Dataflow, DataflowSpec};
pub use status::DataflowStatus;
