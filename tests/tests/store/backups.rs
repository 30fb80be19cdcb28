//! Copies in a real S3 server: made beside real engines, and brought back.

mod faults;
mod restores;
mod sidecar;
