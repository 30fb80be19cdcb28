//! Tests backups to a real S3 server while real engines run, and restores from it.

mod faults;
mod restores;
mod sidecar;
