//! When agents were last asked for what changes all the time and is written nowhere.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use dataflow::spec::Dataflow;
use jiff::{SignedDuration, Timestamp};
use kube::runtime::reflector::ObjectRef;

/// Over how many seconds the first looks of an operator are spread.
const SPREAD: u64 = 30;

/// The last look at each Dataflow.
#[derive(Default)]
pub(crate) struct BackupPolls {
    last: Mutex<HashMap<ObjectRef<Dataflow>, Timestamp>>,
    random: RandomState,
}

impl BackupPolls {
    /// The last look. A new operator acts as if it had looked at some moment before, so that it does
    /// not ask everybody at once.
    pub(crate) fn last(&self, object: &ObjectRef<Dataflow>, now: Timestamp) -> Timestamp {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.random.hash_one(object) % SPREAD;
        let before = SignedDuration::from_secs(before.cast_signed());
        *last
            .entry(object.clone())
            .or_insert_with(|| now.saturating_sub(before).unwrap_or(now))
    }

    /// Notes a look.
    pub(crate) fn polled(&self, object: &ObjectRef<Dataflow>, now: Timestamp) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.insert(object.clone(), now);
    }

    /// Forgets a Dataflow that goes away.
    pub(crate) fn forget(&self, object: &ObjectRef<Dataflow>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.remove(object);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_looks_are_spread_and_later_ones_noted() {
        let (polls, now) = (
            BackupPolls::default(),
            Timestamp::from_second(1000).unwrap(),
        );
        let flow = |number: u32| ObjectRef::new(&format!("flow-{number}")).within("ns");
        let first: Vec<Timestamp> = (0..100).map(|it| polls.last(&flow(it), now)).collect();
        let ages = |at: &Timestamp| now.duration_since(*at).as_secs();
        assert!(first.iter().all(|at| (0..30).contains(&ages(at))));
        assert!(first.iter().any(|at| *at != first[0]));
        assert_eq!(polls.last(&flow(0), Timestamp::MAX), first[0]);
        polls.polled(&flow(0), now);
        assert_eq!(polls.last(&flow(0), Timestamp::MAX), now);
        polls.forget(&flow(0));
        assert_ne!(polls.last(&flow(0), Timestamp::MAX), now);
    }
}
