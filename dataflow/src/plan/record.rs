//! The record of a revision in a ControllerRevision. With it the revision keeps running while its successor is refused,
//! and a rollback can restore it.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::ControllerRevision;
use k8s_openapi::apimachinery::pkg::runtime::RawExtension;
use serde::{Deserialize, Serialize};

use super::agent::Agent;
use super::metadata::metadata;
use crate::code::CodeHash;
use crate::label;
use crate::name::DataflowName;
use crate::revision::{RevisionId, revision};
use crate::spec::DataflowSpec;
use crate::step_record;
use crate::steps::Shape;

/// Version of the record's format that this release writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;

/// Everything that is needed to run a revision again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionRecord {
    /// Version of the format.
    pub format_version: u32,
    /// Spec of the revision.
    pub spec: DataflowSpec,
    /// Hash of the code; the code ConfigMap of this hash holds the files.
    pub code_hash: CodeHash,
    /// Agent of the revision. The revision keeps it, so that a new version of the operator restarts nothing.
    #[serde(flatten)]
    pub agent: Agent,
}

/// Error: a ControllerRevision is not a readable record of a revision.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The ControllerRevision has no data.
    #[error("the record is empty")]
    Empty,
    /// A newer release wrote the record.
    #[error("the record has format {0}, but this release reads formats up to {FORMAT_VERSION}")]
    TooNew(u64),
    /// The data has another format.
    #[error("cannot read the record")]
    Unreadable(#[source] serde_json::Error),
}

impl RevisionRecord {
    /// Returns the record of a revision.
    #[must_use]
    pub fn new(spec: DataflowSpec, code_hash: CodeHash, agent: Agent) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            spec,
            code_hash,
            agent,
        }
    }

    /// Returns the revision that is recorded.
    #[must_use]
    pub fn revision(&self) -> RevisionId {
        revision(&self.spec, &self.code_hash)
    }

    /// Reads the record from a ControllerRevision.
    ///
    /// # Errors
    ///
    /// Fails if the record is missing or unreadable, or if a newer release wrote it.
    pub fn read(object: &ControllerRevision) -> Result<Self, RecordError> {
        let RawExtension(data) = object.data.as_ref().ok_or(RecordError::Empty)?;
        match data
            .get("formatVersion")
            .and_then(serde_json::Value::as_u64)
        {
            Some(version) if version > u64::from(FORMAT_VERSION) => {
                Err(RecordError::TooNew(version))
            }
            _ => Self::deserialize(data).map_err(RecordError::Unreadable),
        }
    }

    /// Returns the stateful steps of the revision, if its ControllerRevision has a record of them.
    #[must_use]
    pub fn steps(&self, object: &ControllerRevision) -> Option<Shape> {
        let text = object.metadata.annotations.as_ref()?.get(label::STEPS)?;
        step_record::read(text, &self.spec, &self.code_hash).ok()
    }
}

/// Returns the ControllerRevision that records a revision. `number` sorts the revisions of one Dataflow by age.
///
/// `steps` is the Dataflow's record of its steps. It is kept if it describes this revision, so that a rollback can
/// compare the steps without running the code. It is only metadata: neither the revision nor the data depends on it.
#[must_use]
pub fn revision_record(
    name: &DataflowName,
    record: &RevisionRecord,
    number: i64,
    steps: Option<&String>,
    namespace: &str,
    uid: Option<&str>,
) -> ControllerRevision {
    let revision = record.revision();
    let mut metadata = metadata(name, name.controller_revision(&revision), namespace, uid);
    let labels = metadata.labels.get_or_insert_default();
    labels.insert(label::REVISION.to_owned(), revision.to_string());
    let describes =
        |text: &&String| step_record::read(text, &record.spec, &record.code_hash).is_ok();
    metadata.annotations = steps
        .filter(describes)
        .map(|text| BTreeMap::from([(label::STEPS.to_owned(), text.clone())]));
    let data = serde_json::to_value(record).expect("a record is plain JSON");
    ControllerRevision {
        data: Some(RawExtension(data)),
        metadata,
        revision: number,
    }
}
