//! The agent's roles with the real engine: Bytewax 0.21.1 under Python 3.11.
#![expect(clippy::unwrap_used, reason = "what cannot be set up ends the test")]

mod environment;
mod gang;
mod importing;
mod launch;
mod loading;
mod local;
mod orphans;
mod probe;
mod roles;
mod sidecar;
mod venv;
