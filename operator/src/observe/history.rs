//! The revisions a Dataflow has had: its `ControllerRevisions`.

use std::collections::BTreeSet;
use std::sync::Arc;

use dataflow::code::CodeHash;
use dataflow::label;
use dataflow::plan::{Agent, RevisionRecord};
use dataflow::revision::{RevisionId, revision};
use dataflow::spec::DataflowSpec;
use k8s_openapi::api::apps::v1::ControllerRevision;
use kube::ResourceExt;

use super::cache::Caches;
use super::identity::Identity;
use super::object;
use super::prepared::Prepared;
use crate::observed::{Part, Slot, Surplus, SurplusKind};

/// How many revisions are kept.
const KEPT: usize = 5;

/// All records of one Dataflow, oldest first.
pub(super) struct History {
    records: Vec<(Arc<ControllerRevision>, RevisionRecord, Slot<()>)>,
    unreadable: Vec<Arc<ControllerRevision>>,
}

impl History {
    pub(super) fn read(caches: &Caches, identity: &Identity) -> Self {
        let mut found = caches.records.state_filter(|record| {
            record.metadata.namespace.as_ref() == Some(&identity.namespace)
                && record.labels().get(label::DATAFLOW_INFO) == Some(&identity.name)
        });
        found.sort_by_key(|record| (record.revision, record.name_any()));
        let mut history = Self {
            records: Vec::new(),
            unreadable: Vec::new(),
        };
        for object in found {
            let held = Some((&object.metadata, ()));
            let slot = object::slot("ControllerRevision", held, identity);
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

    /// Returns the agent that a spec with this code has run with before.
    pub(super) fn agent(&self, spec: &DataflowSpec, code: &CodeHash) -> Option<Agent> {
        self.record(revision(spec, code).as_str())
            .map(|record| record.agent.clone())
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
        identity: &Identity,
        keep: &[&Prepared],
    ) -> Vec<Surplus> {
        if !self.unreadable.is_empty() {
            // A newer release has been here; what its records refer to is not ours to judge.
            return Vec::new();
        }
        let all: Vec<_> = self.ours().collect();
        let (old, new) = all.split_at(all.len().saturating_sub(KEPT));
        let (kept, dropped): (Vec<_>, Vec<_>) = old.iter().copied().partition(|(_, record)| {
            let revision = record.revision();
            keep.iter().any(|prepared| prepared.revision == revision)
        });
        let retained = kept.iter().chain(new).map(|(_, record)| &record.code_hash);
        let needed: BTreeSet<String> = retained
            .chain(keep.iter().map(|prepared| &prepared.code_hash))
            .map(ToString::to_string)
            .collect();
        let dropped = dropped.iter().map(|(object, _)| Surplus {
            kind: SurplusKind::Record,
            name: object.name_any(),
            version: object::version(&object.metadata),
        });
        dropped
            .chain(unneeded_snapshots(caches, identity, &needed))
            .collect()
    }

    fn ours(&self) -> impl Iterator<Item = (&Arc<ControllerRevision>, &RevisionRecord)> {
        self.records
            .iter()
            .filter(|(_, _, slot)| matches!(slot, Slot::Ours(())))
            .map(|(object, record, _)| (object, record))
    }
}

/// The code snapshots of a Dataflow whose hash is not among those that are needed.
fn unneeded_snapshots(
    caches: &Caches,
    identity: &Identity,
    needed: &BTreeSet<String>,
) -> Vec<Surplus> {
    // Told by owner and label alone, and the name only decides which code it is.
    let snapshots = caches.snapshots.state_filter(|snapshot| {
        snapshot.metadata.namespace.as_ref() == Some(&identity.namespace)
            && snapshot.labels().get(label::DATAFLOW_INFO) == Some(&identity.name)
            && object::is_owned(&snapshot.metadata, identity)
            && snapshot.metadata.deletion_timestamp.is_none()
    });
    let prefix = format!("{}-code-", identity.name);
    let unneeded = snapshots.iter().filter_map(|snapshot| {
        let name = snapshot.name_any();
        let hash = name.strip_prefix(&prefix)?;
        (!needed.contains(hash)).then(|| Surplus {
            kind: SurplusKind::Snapshot,
            version: object::version(&snapshot.metadata),
            name,
        })
    });
    unneeded.collect()
}
