//! Reads the revision history of a Dataflow from its `ControllerRevisions`.

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
use crate::observed::{ChildState, Obsolete, ObsoleteKind, Ownership};

/// Number of revisions that are kept.
const KEPT: usize = 5;

/// All `ControllerRevisions` of one Dataflow, oldest first.
pub(super) struct History {
    records: Vec<(Arc<ControllerRevision>, RevisionRecord, Ownership<()>)>,
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
            let ownership = object::ownership("ControllerRevision", held, identity);
            match RevisionRecord::read(&object) {
                Ok(record) => history.records.push((object, record, ownership)),
                Err(_) => history.unreadable.push(object),
            }
        }
        history
    }

    /// Returns the record of one revision.
    pub(super) fn record(&self, revision: &str) -> Option<&RevisionRecord> {
        self.owned()
            .map(|(_, record)| record)
            .find(|record| record.revision().as_str() == revision)
    }

    /// Returns the agent (image and interface) that is pinned for a spec with this code, if that revision is recorded.
    pub(super) fn agent(&self, spec: &DataflowSpec, code: &CodeHash) -> Option<Agent> {
        self.record(revision(spec, code).as_str())
            .map(|record| record.agent.clone())
    }

    /// Returns the state of the `ControllerRevision` of a revision.
    pub(super) fn child_state(&self, revision: &RevisionId) -> ChildState {
        let held = self
            .records
            .iter()
            .find(|(_, record, _)| record.revision() == *revision);
        held.map_or(ChildState::Absent, |(_, _, ownership)| {
            object::child_state(ownership, |()| None)
        })
    }

    /// Returns the newest revision other than `revision`, for messages that suggest a rollback.
    pub(super) fn before(&self, revision: &RevisionId) -> Option<String> {
        self.owned()
            .map(|(_, record)| record.revision())
            .filter(|other| other != revision)
            .last()
            .map(|other| other.to_string())
    }

    /// Returns a revision number above all existing ones.
    pub(super) fn next_number(&self) -> i64 {
        let readable = self.records.iter().map(|(object, _, _)| object.revision);
        let all = readable.chain(self.unreadable.iter().map(|object| object.revision));
        all.max().unwrap_or(0) + 1
    }

    /// Returns the records beyond the newest five (`KEPT`), and the code ConfigMaps that no kept record
    /// refers to.
    pub(super) fn obsolete(
        &self,
        caches: &Caches,
        identity: &Identity,
        keep: &[&Prepared],
    ) -> Vec<Obsolete> {
        if !self.unreadable.is_empty() {
            // A newer release wrote these records. This release cannot tell what they refer to, so it
            // deletes nothing.
            return Vec::new();
        }
        let all: Vec<_> = self.owned().collect();
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
        let dropped = dropped.iter().map(|(object, _)| Obsolete {
            kind: ObsoleteKind::Record,
            name: object.name_any(),
            version: object::version(&object.metadata),
        });
        dropped
            .chain(unneeded_code_config_maps(caches, identity, &needed))
            .collect()
    }

    fn owned(&self) -> impl Iterator<Item = (&Arc<ControllerRevision>, &RevisionRecord)> {
        self.records
            .iter()
            .filter(|(_, _, ownership)| matches!(ownership, Ownership::Owned(())))
            .map(|(object, record, _)| (object, record))
    }
}

/// Returns the code ConfigMaps of a Dataflow whose hash is not in `needed`.
fn unneeded_code_config_maps(
    caches: &Caches,
    identity: &Identity,
    needed: &BTreeSet<String>,
) -> Vec<Obsolete> {
    // Owner and label select the ConfigMaps; the name only contains the hash of the code.
    let code_config_maps = caches.code_config_maps.state_filter(|code_config_map| {
        code_config_map.metadata.namespace.as_ref() == Some(&identity.namespace)
            && code_config_map.labels().get(label::DATAFLOW_INFO) == Some(&identity.name)
            && object::is_owned(&code_config_map.metadata, identity)
            && code_config_map.metadata.deletion_timestamp.is_none()
    });
    let prefix = format!("{}-code-", identity.name);
    let unneeded = code_config_maps.iter().filter_map(|code_config_map| {
        let name = code_config_map.name_any();
        let hash = name.strip_prefix(&prefix)?;
        (!needed.contains(hash)).then(|| Obsolete {
            kind: ObsoleteKind::CodeConfigMap,
            version: object::version(&code_config_map.metadata),
            name,
        })
    });
    unneeded.collect()
}
