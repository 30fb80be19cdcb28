//! Tests the assumptions about real Bytewax on which recovery depends: how an engine leaves its recovery store when it
//! is killed. `docs/recovery.md` has the figures, and `benches/recovery` measures them.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends a test")]

mod abandoned;
mod beside;
mod joins;
mod kills;
mod stale;
mod torn;
