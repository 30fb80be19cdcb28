//! Polls often enough to act within one epoch.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::wait::DEADLINE;

/// Calls `ask` every 2 ms until it returns a value, and returns that value.
pub fn until<T>(what: &str, mut ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let started = Instant::now();
    while started.elapsed() < DEADLINE {
        if let Some(found) = ask()? {
            return Ok(found);
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    bail!("{what}: not seen in {} s", DEADLINE.as_secs())
}
