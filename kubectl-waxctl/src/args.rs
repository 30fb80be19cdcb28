//! Flags that several verbs share.

pub(crate) mod dry_run;
pub(crate) mod flow;
pub(crate) mod format;
pub(crate) mod git;
pub(crate) mod global;
pub(crate) mod loss;
pub(crate) mod settings;

mod backup;
mod env_list;
mod refused;
mod values;
