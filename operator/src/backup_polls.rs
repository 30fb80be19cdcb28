//! Remembers when the agents of each Dataflow were last polled for their backup status.
//!
//! In memory only: the backup status changes all the time and is stored in no object. After a restart of
//! the operator, the first polls are spread over 30 s (`SPREAD`).

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, PoisonError};

use dataflow::spec::Dataflow;
use jiff::{SignedDuration, Timestamp};
use kube::runtime::reflector::ObjectRef;

/// Period over which the first polls after a restart of the operator are spread, in seconds.
const SPREAD: u64 = 30;

/// Time of the last poll of each Dataflow.
#[derive(Default)]
pub(crate) struct BackupPolls {
    last: Mutex<HashMap<ObjectRef<Dataflow>, Timestamp>>,
    random: RandomState,
}

impl BackupPolls {
    /// Returns the time of the last poll.
    ///
    /// For a Dataflow without a poll, the operator records a random time up to 30 s (`SPREAD`) before
    /// `now`. So a restarted operator does not poll all Dataflows at once.
    pub(crate) fn last(&self, object: &ObjectRef<Dataflow>, now: Timestamp) -> Timestamp {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.random.hash_one(object) % SPREAD;
        let before = SignedDuration::from_secs(before.cast_signed());
        *last
            .entry(object.clone())
            .or_insert_with(|| now.saturating_sub(before).unwrap_or(now))
    }

    /// Records a poll.
    pub(crate) fn polled(&self, object: &ObjectRef<Dataflow>, now: Timestamp) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.insert(object.clone(), now);
    }

    /// Forgets a Dataflow that is being deleted.
    pub(crate) fn forget(&self, object: &ObjectRef<Dataflow>) {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.remove(object);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_polls_are_spread_and_later_ones_recorded() {
        let (polls, now) = (
            BackupPolls::default(),
            Timestamp::from_second(1000).unwrap(),
        );
        let flow = |number: u32| ObjectRef::new(&format!("flow-{number}")).within("ns");
        let first: Vec<Timestamp> = (0..100)
            .map(|number| polls.last(&flow(number), now))
            .collect();
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
