//! Which partition holds a row: the engine's own hash.

use std::hash::{Hash, Hasher as _};

use seahash::SeaHasher;

/// The partition of `count` that holds the state of `key` of the step `step`.
#[must_use]
pub fn of_state(step: &str, key: &str, count: u32) -> u32 {
    partition(&(step, key), count)
}

/// The partition of `count` that holds the row of an execution.
#[must_use]
pub fn of_execution(execution: u64, count: u32) -> u32 {
    partition(&execution, count)
}

/// The partition of `count` that holds a worker's frontier in an execution.
#[must_use]
pub fn of_front(execution: u64, worker: u64, count: u32) -> u32 {
    partition(&(execution, worker), count)
}

fn partition(key: &impl Hash, count: u32) -> u32 {
    let mut hasher = SeaHasher::default();
    key.hash(&mut hasher);
    let partition = hasher.finish() % u64::from(count.max(1));
    u32::try_from(partition).expect("a remainder is smaller than its u32 divisor")
}
