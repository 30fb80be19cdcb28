//! The keys of a provider over time: when they are fetched again, how long old ones serve, which ids are unknown.
//!
//! The store decides and never waits; module `key_source` fetches. Its rules:
//!
//! - Keys are fetched again after the time that the provider states, between 5 minutes and 24 hours.
//! - If that fails, the old keys serve for 24 hours more.
//! - A token with an unknown key causes a fetch, but any two fetches are 30 s apart. Without any keys yet, the
//!   distance begins at 1 s and doubles.
//! - An id that a fetch has not found causes no further one for 60 s. At most 1,024 such ids are kept.
//! - Fetched keys replace all old ones, so a key that the provider has removed verifies nothing any more.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::discovery::Discovery;
use crate::fault::ProviderFault;
use crate::jwk::KeySet;

/// The distance between two fetches.
const DISTANCE: Duration = Duration::from_secs(30);

/// The distance between the first two fetches, as long as none has succeeded.
const FIRST_DISTANCE: Duration = Duration::from_secs(1);

/// The least time after which keys are fetched again.
const AGE_LEAST: Duration = Duration::from_secs(5 * 60);

/// The greatest time after which keys are fetched again.
const AGE_MOST: Duration = Duration::from_secs(24 * 3600);

/// The time after which keys are fetched again if the provider states none.
const AGE_DEFAULT: Duration = Duration::from_secs(15 * 60);

/// The time for which keys serve if they cannot be fetched again.
const STALE: Duration = Duration::from_secs(24 * 3600);

/// The time for which an unknown id causes no fetch.
const UNKNOWN_FOR: Duration = Duration::from_secs(60);

/// The number of unknown ids that are kept.
const MAX_UNKNOWN: usize = 1024;

/// What a provider publishes, as it was fetched at one time.
#[derive(Clone, Debug)]
pub(crate) struct Published {
    pub(crate) discovery: Arc<Discovery>,
    pub(crate) keys: Arc<KeySet>,
    /// The number of the fetch. It only rises.
    pub(crate) version: u64,
}

/// The keys of a provider, and when they were asked for.
#[derive(Debug, Default)]
pub(crate) struct KeyStore {
    current: Option<Current>,
    last_fetch: Option<Instant>,
    failures_in_row: u32,
    last_fault: Option<ProviderFault>,
    unknown: HashMap<String, Instant>,
    counts: Counts,
}

#[derive(Debug)]
struct Current {
    published: Published,
    stale_from: Instant,
    unusable_from: Instant,
}

/// Counts of fetches since the start, for metrics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Fetches that have brought keys.
    pub succeeded: u64,
    /// Fetches that have failed.
    pub failed: u64,
}

impl KeyStore {
    /// Returns what the provider publishes, also if it is stale, but not for ever.
    pub(crate) fn published(&self, now: Instant) -> Option<Published> {
        let current = self.current.as_ref()?;
        (now < current.unusable_from).then(|| current.published.clone())
    }

    /// Whether a token with an unknown key may cause a fetch, or wait for the one that runs.
    pub(crate) fn may_fetch_for(&self, key_id: Option<&str>, runs: bool, now: Instant) -> bool {
        let until = key_id.and_then(|id| self.unknown.get(id));
        until.is_none_or(|until| now >= *until) && (runs || self.may_fetch(now))
    }

    /// Whether the last fetch is long enough ago.
    pub(crate) fn may_fetch(&self, now: Instant) -> bool {
        self.last_fetch
            .is_none_or(|last| now.saturating_duration_since(last) >= self.distance())
    }

    /// Returns the time until keys should be fetched without being asked for.
    pub(crate) fn due_in(&self, now: Instant) -> Duration {
        let allowed = self.last_fetch.map(|last| last + self.distance());
        let wanted = match &self.current {
            Some(current) => Some(current.stale_from),
            None => allowed,
        };
        let due = wanted.max(allowed);
        due.map_or(Duration::ZERO, |due| due.saturating_duration_since(now))
    }

    /// Returns the reason why the last fetch has failed, if it has.
    pub(crate) fn last_fault(&self) -> Option<&ProviderFault> {
        self.last_fault.as_ref()
    }

    /// Returns the counts of fetches.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// Notes that a fetch begins, so that no other one begins for a while.
    pub(crate) fn begin(&mut self, now: Instant) {
        self.last_fetch = Some(now);
    }

    /// Replaces what was published.
    pub(crate) fn succeed(
        &mut self,
        discovery: Discovery,
        keys: KeySet,
        max_age: Option<Duration>,
        now: Instant,
    ) {
        self.counts.succeeded += 1;
        self.failures_in_row = 0;
        self.last_fault = None;
        let age = max_age.unwrap_or(AGE_DEFAULT).clamp(AGE_LEAST, AGE_MOST);
        self.current = Some(Current {
            published: Published {
                discovery: Arc::new(discovery),
                keys: Arc::new(keys),
                version: self.counts.succeeded,
            },
            stale_from: now + age,
            unusable_from: now + age + STALE,
        });
    }

    /// Notes that a fetch has failed. What was published before stays.
    pub(crate) fn fail(&mut self, fault: ProviderFault) {
        self.counts.failed += 1;
        self.failures_in_row = self.failures_in_row.saturating_add(1);
        self.last_fault = Some(fault);
    }

    /// Notes that a fetch has not found an id. Ids come from tokens that nobody has verified, so few are kept.
    pub(crate) fn note_unknown(&mut self, key_id: &str, now: Instant) {
        if self.unknown.len() >= MAX_UNKNOWN {
            self.unknown.retain(|_, until| *until > now);
        }
        if self.unknown.len() < MAX_UNKNOWN {
            self.unknown.insert(key_id.to_owned(), now + UNKNOWN_FOR);
        }
    }

    fn distance(&self) -> Duration {
        if self.current.is_some() {
            return DISTANCE;
        }
        let doublings = self.failures_in_row.saturating_sub(1).min(5);
        (FIRST_DISTANCE * 2_u32.pow(doublings)).min(DISTANCE)
    }
}

#[cfg(test)]
mod tests;
