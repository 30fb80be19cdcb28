//! The work of the verbs with sources, repositories and clusters. It knows no flags and prints only progress and
//! warnings, except `logs`, `install`, `uninstall`, `removal` and `deploy`, which print while they work.

pub(crate) mod adjustment;
pub(crate) mod backups;
pub(crate) mod base;
pub(crate) mod cause;
pub(crate) mod changes;
pub(crate) mod comparison;
pub(crate) mod deletion;
pub(crate) mod deploy;
mod follow;
pub(crate) mod graph;
pub(crate) mod import;
pub(crate) mod install;
pub(crate) mod interruptions;
pub(crate) mod log_request;
pub(crate) mod logs;
pub(crate) mod lookup;
pub(crate) mod losses;
pub(crate) mod process_cells;
pub(crate) mod publish;
pub(crate) mod recovery_action;
pub(crate) mod removal;
pub(crate) mod rollback;
pub(crate) mod sources;
pub(crate) mod step_check;
pub(crate) mod support;
pub(crate) mod uninstall;
pub(crate) mod validation;
pub(crate) mod wait;
