//! The controller that runs every Dataflow as a gang of processes.
//!
//! One pass over a Dataflow is [`observe`] -> [`decide`] -> [`act`] -> [`status`]. Only `decide` makes
//! decisions, and it is a pure function of [`observed::Observed`].

pub mod act;
pub mod admin;
pub mod agents;
pub mod args;
pub mod decide;
pub mod error;
pub mod event;
pub mod health;
pub mod last_backups;
pub mod leader;
pub mod limit;
pub mod looks;
pub mod metrics;
#[cfg(test)]
mod model;
pub mod observe;
pub mod observed;
pub mod queue;
pub mod reconcile;
pub mod run;
pub mod status;
