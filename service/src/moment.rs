//! The time of a decision. It is an input, so that a test can choose it.

use std::time::{Duration, Instant};

use jiff::Timestamp;

/// One point in time on two clocks.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The time of day, to compare with the times in tokens.
    pub wall: Timestamp,
    /// A clock that never goes back, for intervals of our own.
    pub steady: Instant,
}

impl Moment {
    /// Reads both clocks.
    pub fn now() -> Self {
        Self {
            wall: Timestamp::now(),
            steady: Instant::now(),
        }
    }

    /// Returns the point that is later by this.
    #[must_use]
    pub fn after(self, passed: Duration) -> Self {
        Self {
            wall: self.wall.saturating_add(passed).unwrap_or(Timestamp::MAX),
            steady: self.steady + passed,
        }
    }
}
