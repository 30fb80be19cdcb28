//! A watcher that sees every pod of one gang come and go, and says what it must never see.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use anyhow::{Context, Result, ensure};
use futures::{StreamExt, pin_mut};
use k8s_openapi::api::core::v1::Pod;
use kube::runtime::watcher::Event;
use kube::runtime::{WatchStreamExt, watcher};
use tokio::task::JoinHandle;

use crate::namespace::TestNamespace;

/// What a pod says it belongs to: revision, start number and size of the gang.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Membership {
    /// Label `bytewax.io/revision`.
    pub revision: String,
    /// Label `bytewax.io/start`.
    pub start: String,
    /// Label `bytewax.io/processes`.
    pub processes: String,
}

/// Everything the watcher has seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    /// Every membership, in the order of first sight.
    pub starts: Vec<Membership>,
    /// Instants at which pods of different memberships existed side by side.
    mixtures: Vec<BTreeSet<Membership>>,
    /// How often the number of living pods fell to none.
    pub stops: usize,
}

impl Seen {
    /// Starts and stops of gangs that lived one after the other; an error when two ever met.
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
    /// What a list that has begun holds up to now.
    listed: Vec<Pod>,
    seen: Seen,
}

impl Record {
    fn hear(&mut self, event: Event<Pod>) {
        match event {
            Event::Apply(pod) => self.apply(&pod),
            Event::Delete(pod) => self.delete(&uid(&pod)),
            Event::Init => self.listed.clear(),
            Event::InitApply(pod) => self.listed.push(pod),
            Event::InitDone => self.relisted(),
        }
    }

    /// Of pods that went while the watch was down nothing is told but that they are not listed. They
    /// went first: those that came since were not seen beside them.
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

/// A running watch over the process pods of one Dataflow.
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
                // A dropped watch starts again by itself, with a list.
                if let Ok(event) = event {
                    record.hear(event);
                }
            }
        });
        Self { record, task }
    }

    /// Ends the watch and returns what it saw.
    pub fn finish(self) -> Result<Seen> {
        self.task.abort();
        self.so_far()
    }

    /// Returns what it has seen up to now.
    pub fn so_far(&self) -> Result<Seen> {
        let record = self
            .record
            .lock()
            .ok()
            .context("the watching task never panics")?;
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

    fn heard(events: impl IntoIterator<Item = Event<Pod>>) -> Seen {
        let mut record = Record::default();
        for event in events {
            record.hear(event);
        }
        record.seen
    }

    #[test]
    fn what_goes_while_the_watch_is_down_is_a_stop_and_no_mixture() {
        let seen = heard([
            Event::Apply(pod("a", "1")),
            Event::Init,
            Event::InitApply(pod("b", "2")),
            Event::InitDone,
            Event::Delete(pod("b", "2")),
        ]);
        assert_eq!(seen.in_turn().unwrap(), (2, 2));
    }

    #[test]
    fn a_mixture_shows_in_a_list_too() {
        for old in [None, Some(Event::Apply(pod("a", "1")))] {
            let list = [
                Event::Init,
                Event::InitApply(pod("a", "1")),
                Event::InitApply(pod("b", "2")),
                Event::InitDone,
            ];
            let seen = heard(old.into_iter().chain(list));
            assert_eq!(seen.mixtures.len(), 1);
            assert_eq!(seen.stops, 0);
        }
    }
}
