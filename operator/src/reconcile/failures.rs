//! Exponential backoff: counts consecutive errors of each Dataflow.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dataflow::spec::Dataflow;
use kube::runtime::reflector::ObjectRef;

/// Upper bound of the first pause after an error or a conflict. The caches usually catch up within it.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// Upper bound of every pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Number of consecutive errors of each Dataflow.
#[derive(Default)]
pub(crate) struct Failures {
    counts: Mutex<HashMap<ObjectRef<Dataflow>, u32>>,
    random: RandomState,
}

impl Failures {
    /// Forgets the errors of a Dataflow after a successful reconcile.
    pub(super) fn clear(&self, object: &ObjectRef<Dataflow>) {
        self.counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(object);
    }

    /// Counts one more error and returns the pause before the next reconcile.
    ///
    /// The pause is a random share, from half to all, of the full backoff. So Dataflows that failed at the
    /// same time are retried at different times.
    pub(super) fn next_pause(&self, object: &ObjectRef<Dataflow>) -> Duration {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(object.clone()).or_default();
        let full = FIRST_PAUSE.saturating_mul(1 << (*count).min(10));
        *count = count.saturating_add(1);
        let share = self.random.hash_one((object, *count)) % 1000;
        full.min(LONGEST_PAUSE)
            .mul_f64(0.5 + f64::from(u32::try_from(share).unwrap_or(0)) / 2000.0)
    }
}
