//! Tests of state in real pods. A flow that counts must continue exactly where it was, after every failure and change.
//!
//! `without_operator.rs` has the control runs: the same failures without the operator, where state is lost.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends a test")]

mod actions;
mod adoption;
mod backup_conditions;
mod backups;
mod bucket;
mod changes;
mod endings;
mod flips;
mod full_volumes;
mod growth;
mod infeasible;
mod late_store_pods;
mod late_uploads;
mod losses;
mod moves;
mod operator_kills;
mod refusals;
mod renames;
mod rescale;
mod second_copies;
mod waxctl_actions;
mod without_operator;
