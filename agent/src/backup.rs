//! Copies of the recovery store in a bucket: how they get there and back.

mod bucket;
pub(crate) mod restore;
mod roots;
pub(crate) mod scratch;

pub use bucket::{Bucket, BucketError};
