//! Fetches what a provider publishes: the discovery document, then the keys.
//!
//! Each fetch reads the discovery document again, so a provider may move its keys. One fetch runs at a time, in a task
//! of its own: a client that goes away does not end it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::client::Client;
use crate::discovery::{Discovery, MAX_DISCOVERY_BYTES};
use crate::fault::{Document, ProviderFault};
use crate::guarded::Guarded;
use crate::jwk::{KeySet, MAX_KEYS_BYTES};
use crate::key_store::{Counts, KeyStore, Published};
use crate::provider::Issuer;

/// The keys of one provider.
#[derive(Debug)]
pub(crate) struct KeySource {
    issuer: Issuer,
    client: Client,
    store: Guarded<KeyStore>,
    /// Held by the one that fetches.
    fetching: Mutex<()>,
}

/// What one fetch has brought.
struct Fetched {
    discovery: Discovery,
    keys: KeySet,
    max_age: Option<Duration>,
}

impl KeySource {
    /// Creates a source that has fetched nothing yet.
    pub(crate) fn new(issuer: Issuer, client: Client) -> Arc<Self> {
        Arc::new(Self {
            issuer,
            client,
            store: Guarded::default(),
            fetching: Mutex::new(()),
        })
    }

    /// Returns what the provider publishes. It is fetched only if there is nothing usable yet.
    pub(crate) async fn published(
        self: &Arc<Self>,
        now: Instant,
    ) -> Result<Published, ProviderFault> {
        let (found, may_fetch) = self
            .store
            .with(|store| (store.published(now), store.may_fetch(now)));
        if let Some(found) = found {
            return Ok(found);
        }
        if may_fetch || self.is_fetching() {
            self.fetch(now).await;
        }
        self.readiness(now)
    }

    /// Returns what the provider publishes if it is newer than the version that lacks a key.
    pub(crate) async fn newer(
        self: &Arc<Self>,
        version: u64,
        key_id: Option<&str>,
        now: Instant,
    ) -> Option<Published> {
        let runs = self.is_fetching();
        if self
            .store
            .with(|store| store.may_fetch_for(key_id, runs, now))
        {
            self.fetch(now).await;
        }
        let found = self.store.with(|store| store.published(now));
        found.filter(|found| found.version > version)
    }

    /// Notes that no key has the id.
    pub(crate) fn note_unknown(&self, key_id: &str, now: Instant) {
        self.store.with(|store| store.note_unknown(key_id, now));
    }

    /// Returns what the provider publishes, or the reason why there is nothing usable.
    pub(crate) fn readiness(&self, now: Instant) -> Result<Published, ProviderFault> {
        self.store.with(|store| {
            let fault = || {
                store
                    .last_fault()
                    .cloned()
                    .unwrap_or(ProviderFault::NotAsked)
            };
            store.published(now).ok_or_else(fault)
        })
    }

    /// Returns the reason why the last fetch has failed, if it has.
    pub(crate) fn last_fault(&self) -> Option<ProviderFault> {
        self.store.with(|store| store.last_fault().cloned())
    }

    /// Returns the time until the next fetch that nobody asks for.
    pub(crate) fn due_in(&self, now: Instant) -> Duration {
        self.store.with(|store| store.due_in(now))
    }

    /// Returns the counts of fetches.
    pub(crate) fn counts(&self) -> Counts {
        self.store.with(|store| store.counts())
    }

    /// Fetches if that is allowed, or waits for the fetch that runs.
    pub(crate) async fn fetch(self: &Arc<Self>, now: Instant) {
        let source = Arc::clone(self);
        let fetch = tokio::spawn(async move { source.fetch_once(now).await });
        if let Err(error) = fetch.await {
            tracing::error!(%error, "fetching the keys of the provider ended early");
        }
    }

    fn is_fetching(&self) -> bool {
        self.fetching.try_lock().is_err()
    }

    async fn fetch_once(&self, now: Instant) {
        let _turn = self.fetching.lock().await;
        // Race: another request may have fetched while this one waited for its turn.
        let may_fetch = self.store.with(|store| {
            let may_fetch = store.may_fetch(now);
            if may_fetch {
                store.begin(now);
            }
            may_fetch
        });
        if !may_fetch {
            return;
        }
        match self.download().await {
            Ok(fetched) => {
                let keys = fetched.keys.count();
                let left_out = fetched.keys.left_out().len();
                tracing::info!(
                    provider.keys = keys,
                    provider.keys_left_out = left_out,
                    "fetched the keys of the provider"
                );
                let Fetched {
                    discovery,
                    keys,
                    max_age,
                } = fetched;
                self.store
                    .with(|store| store.succeed(discovery, keys, max_age, now));
            }
            Err(fault) => {
                tracing::warn!(%fault, remedy = %fault.remedy(), "cannot fetch the keys of the provider");
                self.store.with(|store| store.fail(fault));
            }
        }
    }

    async fn download(&self) -> Result<Fetched, ProviderFault> {
        let endpoint = self.issuer.discovery();
        let answer = self.client.get(endpoint, None, MAX_DISCOVERY_BYTES).await;
        let answer = answer.map_err(|fault| ProviderFault::Fetch {
            document: Document::Discovery,
            fault,
        })?;
        let discovery = Discovery::parse(&answer.body, &self.issuer);
        let discovery = discovery.map_err(ProviderFault::Discovery)?;
        let answer = self.client.get(&discovery.keys, None, MAX_KEYS_BYTES).await;
        let answer = answer.map_err(|fault| ProviderFault::Fetch {
            document: Document::Keys,
            fault,
        })?;
        let keys = KeySet::parse(&answer.body).map_err(ProviderFault::Keys)?;
        Ok(Fetched {
            discovery,
            keys,
            max_age: answer.max_age,
        })
    }
}
