//! Tracks the objects of a watch, so that each of their states is reported once. Pure.
//!
//! A watch begins with a list, and lists again after an interruption. What has been reported already is compared with
//! each list: only what is new, different or missing is a change.

use std::collections::{BTreeMap, BTreeSet};

use kube::api::DynamicObject;
use kube::runtime::watcher::Event;

use super::process_cells::{Key, key};

/// A change of one object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Change {
    /// The object is new.
    Added(DynamicObject),
    /// The object is different.
    Modified(DynamicObject),
    /// The object no longer exists; this is its last known state.
    Deleted(DynamicObject),
}

impl Change {
    /// Returns the name of the change in watch events of Kubernetes.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Added(_) => "ADDED",
            Self::Modified(_) => "MODIFIED",
            Self::Deleted(_) => "DELETED",
        }
    }

    /// Returns the object.
    pub(crate) fn object(&self) -> &DynamicObject {
        match self {
            Self::Added(object) | Self::Modified(object) | Self::Deleted(object) => object,
        }
    }
}

/// The objects as they were last reported.
#[derive(Debug, Default)]
pub(crate) struct KnownObjects {
    objects: BTreeMap<Key, DynamicObject>,
    /// The objects of a list that has not ended.
    listed: BTreeSet<Key>,
}

impl KnownObjects {
    /// Creates the state after these objects were reported.
    pub(crate) fn new(objects: &[DynamicObject]) -> Self {
        let objects = objects.iter().map(|object| (key(object), object.clone()));
        Self {
            objects: objects.collect(),
            listed: BTreeSet::new(),
        }
    }

    /// Returns the changes that an event reports.
    pub(crate) fn changes(&mut self, event: Event<DynamicObject>) -> Vec<Change> {
        match event {
            Event::Init => self.listed.clear(),
            Event::InitApply(object) => {
                self.listed.insert(key(&object));
                return self.applied(object).into_iter().collect();
            }
            Event::InitDone => {
                let listed = std::mem::take(&mut self.listed);
                let gone = self.objects.extract_if(.., |key, _| !listed.contains(key));
                return gone.map(|(_, object)| Change::Deleted(object)).collect();
            }
            Event::Apply(object) => return self.applied(object).into_iter().collect(),
            Event::Delete(object) => {
                self.objects.remove(&key(&object));
                return vec![Change::Deleted(object)];
            }
        }
        Vec::new()
    }

    fn applied(&mut self, object: DynamicObject) -> Option<Change> {
        match self.objects.insert(key(&object), object.clone()) {
            None => Some(Change::Added(object)),
            Some(before) if before == object => None,
            Some(_) => Some(Change::Modified(object)),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn flow(name: &str, version: u32) -> DynamicObject {
        let metadata =
            json!({ "name": name, "namespace": "shop", "resourceVersion": version.to_string() });
        serde_json::from_value(json!({ "metadata": metadata })).unwrap()
    }

    fn shown(changes: &[Change]) -> Vec<String> {
        let show = |change: &Change| {
            let metadata = &change.object().metadata;
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let (name, version) = (text(&metadata.name), text(&metadata.resource_version));
            format!("{} {name} {version}", change.kind())
        };
        changes.iter().map(show).collect()
    }

    #[test]
    fn first_list_of_watch_repeats_nothing() {
        let mut known = KnownObjects::new(&[flow("a", 1), flow("b", 1)]);
        let mut changes = known.changes(Event::Init);
        changes.extend(known.changes(Event::InitApply(flow("a", 1))));
        changes.extend(known.changes(Event::InitApply(flow("b", 2))));
        changes.extend(known.changes(Event::InitApply(flow("c", 3))));
        changes.extend(known.changes(Event::InitDone));
        assert_eq!(shown(&changes), ["MODIFIED b 2", "ADDED c 3"]);
    }

    #[test]
    fn deletion_during_interruption_is_reported() {
        let mut known = KnownObjects::new(&[flow("a", 1), flow("b", 1)]);
        let mut changes = known.changes(Event::Delete(flow("a", 2)));
        for event in [Event::Init, Event::InitDone, Event::Init, Event::InitDone] {
            changes.extend(known.changes(event));
        }
        assert_eq!(shown(&changes), ["DELETED a 2", "DELETED b 1"]);
    }

    #[test]
    fn interrupted_list_deletes_nothing() {
        let mut known = KnownObjects::new(&[flow("a", 1), flow("b", 1)]);
        let events = [
            Event::Init,
            Event::InitApply(flow("a", 1)),
            Event::Init,
            Event::InitApply(flow("a", 1)),
            Event::InitApply(flow("b", 1)),
            Event::InitDone,
            Event::Apply(flow("b", 2)),
        ];
        let changes: Vec<_> = events
            .into_iter()
            .flat_map(|event| known.changes(event))
            .collect();
        assert_eq!(shown(&changes), ["MODIFIED b 2"]);
    }
}
