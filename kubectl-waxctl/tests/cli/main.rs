//! Tests the program as users call it: as a process in an empty home, with snapshots of all texts.
#![expect(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "what cannot be set up ends the test, and a table reads best in one piece"
)]

mod adjustments;
mod api;
mod backup_flags;
mod cluster;
mod completion;
mod credentials;
mod delete;
mod diff;
mod dry_runs;
mod environment;
mod errors;
mod events;
mod examples;
mod exit_codes;
mod flags;
mod get;
mod graph;
mod help;
mod import;
mod kubectl_options;
mod list;
mod names;
mod own_code;
mod preconditions;
mod proxies;
mod pty;
mod real_kubectl;
mod recovery_actions;
mod render;
mod results;
mod signals;
mod start_up;
mod support;
mod terminal;
mod uninstall;
mod validate;
mod watches;
mod why;
