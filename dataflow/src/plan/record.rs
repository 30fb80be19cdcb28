//! What a revision was, kept in a ControllerRevision so that it can run on while its successor is
//! refused, and be gone back to.

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

/// Version of the record's form that this release writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;

/// Everything that is needed to run a revision again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RevisionRecord {
    /// Version of this form.
    pub format_version: u32,
    /// The spec.
    pub spec: DataflowSpec,
    /// The code, which stands in the snapshot of the same hash.
    pub code_hash: CodeHash,
    /// The agent of the revision.
    #[serde(flatten)]
    pub agent: Agent,
}

/// Says why a ControllerRevision is no record of a revision.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// There is nothing in it.
    #[error("the record is empty")]
    Empty,
    /// A newer release has written it.
    #[error("the record has format {0}, this release reads up to {FORMAT_VERSION}")]
    TooNew(u64),
    /// It has another form.
    #[error("the record can't be read")]
    Unreadable(#[source] serde_json::Error),
}

impl RevisionRecord {
    /// A record of a revision.
    #[must_use]
    pub fn new(spec: DataflowSpec, code_hash: CodeHash, agent: Agent) -> Self {
        Self {
            format_version: FORMAT_VERSION,
            spec,
            code_hash,
            agent,
        }
    }

    /// The revision that is recorded.
    #[must_use]
    pub fn revision(&self) -> RevisionId {
        revision(&self.spec, &self.code_hash)
    }

    /// Reads the record in a ControllerRevision.
    ///
    /// # Errors
    ///
    /// Fails if there is none, or one that a newer release has written.
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
}

/// ControllerRevision that records a revision. `number` orders the revisions of one Dataflow.
#[must_use]
pub fn revision_record(
    name: &DataflowName,
    record: &RevisionRecord,
    number: i64,
    namespace: &str,
    uid: Option<&str>,
) -> ControllerRevision {
    let revision = record.revision();
    let mut metadata = metadata(name, name.controller_revision(&revision), namespace, uid);
    let labels = metadata.labels.get_or_insert_default();
    labels.insert(label::REVISION.to_owned(), revision.to_string());
    let data = serde_json::to_value(record).expect("a record is plain JSON");
    ControllerRevision {
        data: Some(RawExtension(data)),
        metadata,
        revision: number,
    }
}
