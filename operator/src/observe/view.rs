//! Result of `observe`: the input of `decide`, and the objects that `act` needs.

use std::sync::Arc;

use dataflow::name::DataflowName;
use dataflow::spec::Dataflow;
use dataflow::validate::Warning;
use kube::ResourceExt;

use super::prepared::Prepared;
use crate::observed::{Observed, RevisionRef};

/// Everything that one reconcile knows: the input of `decide`, and the objects that `act` needs.
pub(crate) struct View {
    /// Dataflow from the cache; after a status write, as the API server returned it.
    pub(crate) dataflow: Arc<Dataflow>,
    /// Valid name of the Dataflow; `None` if it can have no children.
    pub(crate) name: Option<DataflowName>,
    /// Input of `decide`.
    pub(crate) observed: Observed,
    /// Revision that the spec asks for.
    pub(crate) target: Option<Prepared>,
    /// Revision that ran last.
    pub(crate) running: Option<Prepared>,
    /// Number for the next `ControllerRevision`.
    pub(crate) next_record: i64,
    /// Parts of the spec that have no effect.
    pub(crate) warnings: Vec<Warning>,
}

impl View {
    /// Returns the revision that an operation refers to.
    #[must_use]
    pub(crate) fn prepared(&self, which: RevisionRef) -> Option<&Prepared> {
        match which {
            RevisionRef::Target => self.target.as_ref(),
            RevisionRef::Running => self.running.as_ref(),
        }
    }

    /// Returns the UID of the Dataflow.
    #[must_use]
    pub(crate) fn uid(&self) -> String {
        self.dataflow.metadata.uid.clone().unwrap_or_default()
    }

    /// Returns the namespace of the Dataflow.
    #[must_use]
    pub(crate) fn namespace(&self) -> String {
        self.dataflow.namespace().unwrap_or_default()
    }
}
