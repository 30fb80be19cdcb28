//! The controller that runs every Dataflow as a gang of processes.
//!
//! One reconcile of a Dataflow is `observe` -> `decide` -> `act` -> `status`. Only `decide` makes
//! decisions, and it is a pure function of `observed::Observed`. Begin reading in `reconcile`.

mod act;
mod admin;
mod agents;
pub mod args;
mod backup_polls;
mod decide;
mod error;
mod event;
mod health;
mod last_backups;
mod leader;
mod limit;
mod metrics;
#[cfg(test)]
mod model;
mod observe;
mod observed;
mod queue;
mod reconcile;
pub mod run;
mod status;
