//! The verbs: one file each, with its arguments, its help, and the text that it prints.

mod acceptance;
pub(crate) mod backup;
pub(crate) mod backups;
pub(crate) mod commit;
pub(crate) mod completion;
pub(crate) mod delete;
pub(crate) mod deploy;
pub(crate) mod diff;
pub(crate) mod events;
pub(crate) mod get;
pub(crate) mod graph;
pub(crate) mod import;
pub(crate) mod install;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod options;
pub(crate) mod render;
pub(crate) mod reset_state;
pub(crate) mod restart;
pub(crate) mod restore;
pub(crate) mod resume;
pub(crate) mod rollback;
pub(crate) mod run;
pub(crate) mod scale;
pub(crate) mod support;
pub(crate) mod suspend;
pub(crate) mod uninstall;
pub(crate) mod validate;
pub(crate) mod version;
pub(crate) mod wait;
pub(crate) mod why;

mod adjust;
mod git_place;
mod printer;
mod report;
mod watch;
