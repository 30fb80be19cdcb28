//! What runs beside Bytewax in every pod: fetches code, launches, watches.
//!
//! The binary is `waxrun`. The library is for the operator, which reads [`report`], and for the
//! command line, which runs dataflows on a laptop the way a pod does.

pub mod backup;
pub mod engine;
pub mod fetch;
pub mod formed;
pub mod hosts;
pub mod install;
pub mod launch;
pub mod local;
pub mod outcome;
pub mod probe;
pub mod python;
mod random;
pub mod rendezvous;
pub mod report;
pub mod role;
pub mod settings;
pub mod sidecar;
pub mod state;
pub mod store_role;
pub mod supervise;
mod telling;
