//! Tests of the crate `store` with real Bytewax and without a cluster: stores that it creates, checks and changes.

#![expect(clippy::unwrap_used, reason = "a failed expectation ends a test")]

mod backups;
mod cuts;
mod gang;
mod old_copies;
mod schema;
mod store_changes;

use gang::Store;
