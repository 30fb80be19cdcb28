//! Backup copies of the recovery store in a bucket: upload, listing and restore.

mod bucket;
pub(crate) mod restore;
mod roots;
pub(crate) mod scratch;

pub use bucket::{Bucket, BucketError};
