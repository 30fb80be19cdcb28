//! Errors in a row of each Dataflow, for pauses that grow.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use dataflow::spec::Dataflow;
use kube::runtime::reflector::ObjectRef;

/// About the first pause after an error or a conflict: by then the caches have caught up.
pub(super) const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest pause after errors.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Errors in a row of each Dataflow, for pauses that grow.
#[derive(Default)]
pub(crate) struct Failures {
    counts: Mutex<HashMap<ObjectRef<Dataflow>, u32>>,
    random: RandomState,
}

impl Failures {
    /// Forgets them after a pass that came to its end.
    pub(super) fn clear(&self, object: &ObjectRef<Dataflow>) {
        self.counts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(object);
    }

    /// Between half of the pause and all of it, so that many that failed together come apart.
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
