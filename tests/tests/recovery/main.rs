//! How real Bytewax treats its recovery store when it is killed: what the platform's rules rest on, in the
//! short form. `docs/recovery.md` has the figures, `benches/recovery` measures them.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends a test")]

mod abandoned;
mod beside;
mod joins;
mod kills;
mod stale;
mod torn;
