//! Tests `df commit` with the real git, in repositories without the configuration of the machine.
#![expect(
    clippy::unwrap_used,
    clippy::too_many_lines,
    reason = "what cannot be set up ends the test, and a table reads best in one piece"
)]

mod counts;
mod crash;
mod credentials;
mod destination;
mod environment;
mod forge;
mod formats;
mod hooks;
mod interrupts;
mod lab;
mod local;
mod people;
mod programs;
mod push;
mod race;
mod references;
mod results;
mod secrets;
mod sources;
mod steps;
mod tracer;
mod unreachable;
mod whose_change;
mod worktree;
