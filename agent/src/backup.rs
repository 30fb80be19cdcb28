//! Copies of the recovery store in a bucket: how they get there and back.

mod bucket;
pub mod restore;
mod roots;

pub use bucket::{Bucket, BucketError};
