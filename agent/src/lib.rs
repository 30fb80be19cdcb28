//! The agent, which runs beside Bytewax in every pod: fetches the code, launches the engine, reports its state.
//!
//! The binary is `waxrun`; [`role`] lists what it does in each container. The operator uses the library for
//! [`report`], and the command line for [`local`], which runs dataflows on a laptop as pods do.

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
mod reporting;
pub mod role;
pub mod settings;
pub mod sidecar;
pub mod state;
pub mod store_role;
pub mod supervise;
