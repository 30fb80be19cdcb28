//! The revisions a Dataflow has had: its `ControllerRevisions`.

use std::collections::BTreeSet;
use std::sync::Arc;

use dataflow::code::CodeHash;
use dataflow::label;
use dataflow::plan::RevisionRecord;
use dataflow::revision::{RevisionId, revision};
use dataflow::spec::DataflowSpec;
use k8s_openapi::api::apps::v1::ControllerRevision;
use kube::ResourceExt;

use super::{Caches, Prepared, object};
use crate::observed::{Part, Slot, Surplus, SurplusKind};

/// How many revisions are kept.
const KEPT: usize = 5;

/// All records of one Dataflow, oldest first.
pub(super) struct History {
    records: Vec<(Arc<ControllerRevision>, RevisionRecord, Slot<()>)>,
    unreadable: Vec<Arc<ControllerRevision>>,
}

impl History {
    pub(super) fn read(caches: &Caches, namespace: &str, name: &str, uid: &str) -> Self {
        let mut found = caches.records.state_filter(|record| {
            record.metadata.namespace.as_deref() == Some(namespace)
                && record
                    .labels()
                    .get(label::DATAFLOW_INFO)
                    .is_some_and(|of| of == name)
        });
        found.sort_by_key(|record| (record.revision, record.name_any()));
        let mut history = Self {
            records: Vec::new(),
            unreadable: Vec::new(),
        };
        for object in found {
            let slot = object::slot(
                "ControllerRevision",
                Some((&object.metadata, ())),
                name,
                uid,
            );
            match RevisionRecord::read(&object) {
                Ok(record) => history.records.push((object, record, slot)),
                Err(_) => history.unreadable.push(object),
            }
        }
        history
    }

    /// The record of one revision.
    pub(super) fn record(&self, revision: &str) -> Option<&RevisionRecord> {
        self.ours()
            .map(|(_, record)| record)
            .find(|record| record.revision().as_str() == revision)
    }

    /// The agent's image that a spec with this code has run with before.
    pub(super) fn agent_image(&self, spec: &DataflowSpec, code: &CodeHash) -> Option<String> {
        self.record(revision(spec, code).as_str())
            .map(|record| record.agent_image.clone())
    }

    /// Whether the record of a revision stands.
    pub(super) fn part(&self, revision: &RevisionId) -> Part {
        let held = self
            .records
            .iter()
            .find(|(_, record, _)| record.revision() == *revision);
        held.map_or(Part::Absent, |(_, _, slot)| object::part(slot, |()| None))
    }

    /// The newest revision besides this one, for advice.
    pub(super) fn before(&self, revision: &RevisionId) -> Option<String> {
        self.ours()
            .map(|(_, record)| record.revision())
            .filter(|other| other != revision)
            .last()
            .map(|other| other.to_string())
    }

    /// A number above all others.
    pub(super) fn next_number(&self) -> i64 {
        let readable = self.records.iter().map(|(object, _, _)| object.revision);
        let all = readable.chain(self.unreadable.iter().map(|object| object.revision));
        all.max().unwrap_or(0) + 1
    }

    /// Records beyond the newest five, and snapshots that no kept record refers to.
    pub(super) fn surplus(
        &self,
        caches: &Caches,
        namespace: &str,
        name: &str,
        uid: &str,
        keep: &[&Prepared],
    ) -> Vec<Surplus> {
        if !self.unreadable.is_empty() {
            // A newer release has been here; what its records refer to is not ours to judge.
            return Vec::new();
        }
        let kept_for_now = |record: &RevisionRecord| {
            keep.iter()
                .any(|prepared| prepared.revision == record.revision())
        };
        let all: Vec<_> = self.ours().collect();
        let old = all.len().saturating_sub(KEPT);
        let (old, new) = all.split_at(old);
        let dropped = old.iter().filter(|(_, record)| !kept_for_now(record));
        let mut surplus: Vec<Surplus> = dropped
            .map(|(object, _)| Surplus {
                kind: SurplusKind::Record,
                name: object.name_any(),
                version: object::version(&object.metadata),
            })
            .collect();
        let retained = old
            .iter()
            .filter(|(_, record)| kept_for_now(record))
            .chain(new);
        let needed: BTreeSet<String> = retained
            .map(|(_, record)| record.code_hash.to_string())
            .chain(keep.iter().map(|prepared| prepared.code_hash.to_string()))
            .collect();
        // Told by owner and label alone, and the name only decides which code it is.
        let snapshots = caches.snapshots.state_filter(|snapshot| {
            snapshot.metadata.namespace.as_deref() == Some(namespace)
                && snapshot
                    .labels()
                    .get(label::DATAFLOW_INFO)
                    .is_some_and(|of| of == name)
                && object::controller(&snapshot.metadata).is_some_and(|owner| owner.uid == uid)
                && snapshot.metadata.deletion_timestamp.is_none()
        });
        surplus.extend(snapshots.iter().filter_map(|snapshot| {
            let hash = snapshot
                .name_any()
                .strip_prefix(&format!("{name}-code-"))?
                .to_owned();
            (!needed.contains(&hash)).then(|| Surplus {
                kind: SurplusKind::Snapshot,
                name: snapshot.name_any(),
                version: object::version(&snapshot.metadata),
            })
        }));
        surplus
    }

    fn ours(&self) -> impl Iterator<Item = (&Arc<ControllerRevision>, &RevisionRecord)> {
        self.records
            .iter()
            .filter(|(_, _, slot)| matches!(slot, Slot::Ours(())))
            .map(|(object, record, _)| (object, record))
    }
}
