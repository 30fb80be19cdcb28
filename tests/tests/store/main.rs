//! Real Bytewax on stores that the crate `store` makes, checks and changes; no cluster.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends a test")]

mod backups;
mod cuts;
mod gang;
mod jobs;
mod old_copies;
mod schema;

use gang::Store;
