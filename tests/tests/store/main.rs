//! Real Bytewax on stores that the crate `store` makes, checks and changes; no cluster.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends a test")]

mod backups;
mod cuts;
mod gang;
mod old_copies;
mod schema;
mod store_changes;

use gang::Store;
