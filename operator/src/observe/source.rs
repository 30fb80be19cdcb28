//! Hashes of the code in users' `ConfigMaps`.
//!
//! The watch transfers metadata only. A `ConfigMap` is read if a Dataflow refers to it and it has changed
//! since the last read.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use dataflow::code::{Code, CodeHash};
use dataflow::spec::Dataflow;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};
use k8s_openapi::api::core::v1::ConfigMap;
use kube::core::PartialObjectMeta;
use kube::runtime::WatchStreamExt;
use kube::runtime::reflector::{ObjectRef, Store};
use kube::runtime::watcher::{self, Event};
use kube::{Api, Client, ResourceExt};

use super::watch_health::WatchHealth;
use crate::queue::Queue;

/// Namespace and name of a `ConfigMap`.
type Key = (String, String);

/// Code hashes of the `ConfigMaps` that Dataflows refer to.
pub(crate) struct Sources {
    dataflows: Store<Dataflow>,
    queue: Queue,
    cache: Mutex<SourceCache>,
}

/// Versions and code hashes by `ConfigMap`.
#[derive(Default)]
struct SourceCache {
    /// Newest resourceVersion from the watch; `None` after a deletion.
    watched: HashMap<Key, Option<String>>,
    /// resourceVersion and code hash of the last read; both `None` if there was no `ConfigMap`.
    read: HashMap<Key, (Option<String>, Option<CodeHash>)>,
    /// Names received since the watch was last restarted.
    listed: HashSet<Key>,
}

impl Sources {
    /// Creates an empty cache. Only `ConfigMaps` that an entry of `dataflows` refers to are cached.
    #[must_use]
    pub(crate) fn new(dataflows: Store<Dataflow>, queue: Queue) -> Self {
        Self {
            dataflows,
            queue,
            cache: Mutex::default(),
        }
    }

    /// Returns the code hash of a `ConfigMap`, or `None` if it does not exist. Reads the `ConfigMap` only if
    /// it may have changed since the last read.
    ///
    /// # Errors
    ///
    /// Fails if the API server does not answer.
    pub(crate) async fn hash(
        &self,
        client: &Client,
        namespace: &str,
        name: &str,
    ) -> Result<Option<CodeHash>, kube::Error> {
        let key = (namespace.to_owned(), name.to_owned());
        if let Some(hash) = self.remembered(&key) {
            return Ok(hash);
        }
        let found = read(client, namespace, name).await?;
        let version = found.as_ref().and_then(ConfigMap::resource_version);
        let hash = found.map(|found| Code::from_config_map(&found).hash());
        self.cache().read.insert(key, (version, hash.clone()));
        Ok(hash)
    }

    fn remembered(&self, key: &Key) -> Option<Option<CodeHash>> {
        let cache = self.cache();
        let (version, hash) = cache.read.get(key)?;
        match cache.watched.get(key) {
            Some(watched) if watched != version => None,
            Some(_) => Some(hash.clone()),
            // A missing `ConfigMap` is read again until the watch has reported it.
            None => version.is_some().then(|| hash.clone()),
        }
    }

    /// Follows the watch, and queues the Dataflows that refer to a changed `ConfigMap`.
    pub(crate) fn follow(
        self: Arc<Self>,
        stream: impl Stream<Item = watcher::Result<Event<PartialObjectMeta<ConfigMap>>>>
        + Send
        + 'static,
    ) -> BoxStream<'static, WatchHealth> {
        stream
            .default_backoff()
            .filter_map(move |event| {
                self.note(&event);
                std::future::ready(WatchHealth::from_event("configmaps", &event))
            })
            .boxed()
    }

    fn note(&self, event: &watcher::Result<Event<PartialObjectMeta<ConfigMap>>>) {
        match event {
            Ok(Event::Init) => self.cache().listed.clear(),
            Ok(Event::InitApply(object)) => {
                self.cache().listed.insert(key(object));
                self.changed(object, object.resource_version());
            }
            Ok(Event::Apply(object)) => self.changed(object, object.resource_version()),
            Ok(Event::Delete(object)) => self.changed(object, None),
            Ok(Event::InitDone) => self.forget_unlisted(),
            Err(_) => {}
        }
    }

    fn changed(&self, object: &PartialObjectMeta<ConfigMap>, version: Option<String>) {
        let key = key(object);
        let users = self.users(&key);
        if users.is_empty() {
            let mut cache = self.cache();
            cache.watched.remove(&key);
            cache.read.remove(&key);
            return;
        }
        let before = self.cache().watched.insert(key, version.clone());
        if before != Some(version) {
            users.into_iter().for_each(|user| self.queue.push(user));
        }
    }

    /// Marks `ConfigMaps` as deleted that disappeared while no watch was running.
    fn forget_unlisted(&self) {
        let mut gone = Vec::new();
        {
            let mut cache = self.cache();
            let SourceCache {
                watched,
                read,
                listed,
            } = &mut *cache;
            for key in read.keys().filter(|key| !listed.contains(*key)) {
                watched.insert(key.clone(), None);
                gone.push(key.clone());
            }
            *listed = HashSet::new();
        }
        for key in gone {
            self.users(&key)
                .into_iter()
                .for_each(|user| self.queue.push(user));
        }
    }

    fn users(&self, (namespace, name): &Key) -> Vec<ObjectRef<Dataflow>> {
        let refers = |dataflow: &Dataflow| {
            dataflow.namespace().as_deref() == Some(namespace.as_str())
                && name_of(dataflow).as_deref() == Some(name.as_str())
        };
        self.dataflows
            .state_filter(refers)
            .iter()
            .map(|dataflow| ObjectRef::from_obj(dataflow.as_ref()))
            .collect()
    }

    fn cache(&self) -> MutexGuard<'_, SourceCache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a `ConfigMap` with its content; `None` if it does not exist.
///
/// # Errors
///
/// Fails if the API server does not answer.
pub(crate) async fn read(
    client: &Client,
    namespace: &str,
    name: &str,
) -> Result<Option<ConfigMap>, kube::Error> {
    Api::<ConfigMap>::namespaced(client.clone(), namespace)
        .get_opt(name)
        .await
}

fn key(object: &PartialObjectMeta<ConfigMap>) -> Key {
    (object.namespace().unwrap_or_default(), object.name_any())
}

/// Returns the name of the `ConfigMap` that a Dataflow reads its code from.
pub(super) fn name_of(dataflow: &Dataflow) -> Option<String> {
    dataflow
        .spec
        .config_map_name
        .clone()
        .filter(|name| !name.is_empty())
}
