//! Computes which partition holds a row, with the hash that the engine uses.

use std::hash::{Hash, Hasher as _};

use seahash::SeaHasher;

/// Returns which of `count` partitions holds the state of `key` in the step `step`.
#[must_use]
pub fn partition_of_state(step: &str, key: &str, count: u32) -> u32 {
    partition(&(step, key), count)
}

/// Returns which of `count` partitions holds the row of an execution.
#[must_use]
pub fn partition_of_execution(execution: u64, count: u32) -> u32 {
    partition(&execution, count)
}

/// Returns which of `count` partitions holds a worker's frontier in an execution.
#[must_use]
pub fn partition_of_front(execution: u64, worker: u64, count: u32) -> u32 {
    partition(&(execution, worker), count)
}

fn partition(key: &impl Hash, count: u32) -> u32 {
    let mut hasher = SeaHasher::default();
    key.hash(&mut hasher);
    let partition = hasher.finish() % u64::from(count.max(1));
    u32::try_from(partition).expect("a remainder is smaller than its u32 divisor")
}
