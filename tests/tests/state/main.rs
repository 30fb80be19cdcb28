//! State in real pods: whatever happens, a flow that counts goes on exactly where it stood.

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
