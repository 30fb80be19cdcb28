//! The program as people call it: real processes in an empty home, and every text that people read.
#![expect(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "what cannot be set up ends the test, and a table reads best in one piece"
)]

mod api;
mod cluster;
mod completion;
mod delete;
mod diff;
mod environment;
mod errors;
mod examples;
mod flags;
mod get;
mod help;
mod list;
mod names;
mod recovery_actions;
mod render;
