//! Watches the pods of one gang, and reports whether pods of different starts ever existed at the same time.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, pin_mut};
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::watcher::Event;
use kube::runtime::{WatchStreamExt, watcher};
use tokio::task::JoinHandle;

use crate::namespace::TestNamespace;

/// Revision, start number and size of the gang to which a pod belongs, by its labels.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Membership {
    /// Label `bytewax.io/revision`.
    pub revision: String,
    /// Label `bytewax.io/start`.
    pub start: String,
    /// Label `bytewax.io/processes`.
    pub processes: String,
}

/// Everything that the watch has seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Every membership, in the order in which it was seen first.
    pub starts: Vec<Membership>,
    /// The memberships that existed at the same time, for each event after which there was more than one.
    mixtures: Vec<BTreeSet<Membership>>,
    /// How often the number of existing pods became zero.
    pub stops: usize,
}

impl Seen {
    /// Returns the numbers of starts and stops, or an error if two starts ever had pods at the same time.
    pub fn in_turn(&self) -> Result<(usize, usize)> {
        ensure!(
            self.mixtures.is_empty(),
            "side by side: {:#?}",
            self.mixtures
        );
        Ok((self.starts.len(), self.stops))
    }
}

#[derive(Debug, Default)]
struct Record {
    living: BTreeMap<String, Membership>,
    /// The pods of a list that is not complete yet.
    listed: Vec<Pod>,
    seen: Seen,
}

impl Record {
    fn handle(&mut self, event: Event<Pod>) {
        match event {
            Event::Apply(pod) => self.apply(&pod),
            Event::Delete(pod) => self.delete(&uid(&pod)),
            Event::Init => self.listed.clear(),
            Event::InitApply(pod) => self.listed.push(pod),
            Event::InitDone => self.relisted(),
        }
    }

    /// Applies a complete list after an interrupted watch. A pod that was deleted meanwhile is only missing
    /// in the list.
    ///
    /// Order: the missing pods are removed first, because new pods were not seen together with them.
    fn relisted(&mut self) {
        let listed = std::mem::take(&mut self.listed);
        let left: BTreeSet<String> = listed.iter().map(uid).collect();
        let gone: Vec<String> = self.living.keys().cloned().collect();
        for uid in gone.iter().filter(|uid| !left.contains(*uid)) {
            self.delete(uid);
        }
        for pod in &listed {
            self.apply(pod);
        }
    }

    fn apply(&mut self, pod: &Pod) {
        let Some(membership) = membership(pod) else {
            return;
        };
        if self.seen.starts.last() != Some(&membership) && !self.seen.starts.contains(&membership) {
            self.seen.starts.push(membership.clone());
        }
        self.living.insert(uid(pod), membership);
        let side_by_side: BTreeSet<Membership> = self.living.values().cloned().collect();
        if side_by_side.len() > 1 {
            self.seen.mixtures.push(side_by_side);
        }
    }

    fn delete(&mut self, uid: &str) {
        if self.living.remove(uid).is_some() && self.living.is_empty() {
            self.seen.stops += 1;
        }
    }
}

/// A running watch of the process pods of one Dataflow.
#[derive(Debug)]
pub struct GangWatch {
    record: Arc<Mutex<Record>>,
    task: JoinHandle<()>,
}

impl GangWatch {
    /// Starts to watch Dataflow `name`.
    pub fn start(namespace: &TestNamespace, name: &str) -> Self {
        let record = Arc::new(Mutex::new(Record::default()));
        let shared = Arc::clone(&record);
        let labels = format!("bytewax.io/dataflow-info={name},bytewax.io/component=process");
        let stream =
            watcher(namespace.pods(), watcher::Config::default().labels(&labels)).default_backoff();
        let task = tokio::spawn(async move {
            pin_mut!(stream);
            while let Some(event) = stream.next().await {
                let Ok(mut record) = shared.lock() else {
                    return;
                };
                // The watcher reconnects by itself after an error, and begins with a list.
                if let Ok(event) = event {
                    record.handle(event);
                }
            }
        });
        Self { record, task }
    }

    /// Ends the watch and returns everything that it has seen.
    pub fn finish(self) -> Result<Seen> {
        self.task.abort();
        self.so_far()
    }

    /// Returns everything that the watch has seen so far.
    pub fn so_far(&self) -> Result<Seen> {
        let record = self.record.lock().ok().context("the watch has panicked")?;
        Ok(record.seen.clone())
    }
}

fn membership(pod: &Pod) -> Option<Membership> {
    let labels = pod.metadata.labels.as_ref()?;
    let label = |name: &str| labels.get(name).cloned();
    Some(Membership {
        revision: label("bytewax.io/revision")?,
        start: label("bytewax.io/start")?,
        processes: label("bytewax.io/processes")?,
    })
}

fn uid(pod: &Pod) -> String {
    pod.metadata.uid.clone().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(uid: &str, start: &str) -> Pod {
        let labels = json!({
            "bytewax.io/revision": "same",
            "bytewax.io/start": start,
            "bytewax.io/processes": "2",
        });
        serde_json::from_value(json!({"metadata": {"uid": uid, "labels": labels}})).unwrap()
    }

    fn seen_after(events: impl IntoIterator<Item = Event<Pod>>) -> Seen {
        let mut record = Record::default();
        for event in events {
            record.handle(event);
        }
        record.seen
    }

    #[test]
    fn pods_deleted_during_interrupted_watch_count_as_stop() {
        let seen = seen_after([
            Event::Apply(pod("a", "1")),
            Event::Init,
            Event::InitApply(pod("b", "2")),
            Event::InitDone,
            Event::Delete(pod("b", "2")),
        ]);
        assert_eq!(seen.in_turn().unwrap(), (2, 2));
    }

    #[test]
    fn mixture_in_a_list_is_detected() {
        for old in [None, Some(Event::Apply(pod("a", "1")))] {
            let list = [
                Event::Init,
                Event::InitApply(pod("a", "1")),
                Event::InitApply(pod("b", "2")),
                Event::InitDone,
            ];
            let seen = seen_after(old.into_iter().chain(list));
            assert_eq!(seen.mixtures.len(), 1);
            assert_eq!(seen.stops, 0);
        }
    }
}
