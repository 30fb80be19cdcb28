//! A value that several requests change, each for a moment.
//!
//! The lock is held only inside [`Guarded::with`], so it can never be held while a request waits for something.

use std::sync::{Mutex, PoisonError};

/// A value behind a lock.
#[derive(Debug, Default)]
pub(crate) struct Guarded<T>(Mutex<T>);

impl<T> Guarded<T> {
    /// Reads or changes the value. Every change leaves it valid, so a panic in another thread does not matter.
    pub(crate) fn with<R>(&self, change: impl FnOnce(&mut T) -> R) -> R {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
