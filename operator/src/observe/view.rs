//! What one pass knows, and what it needs to act on it.

use std::sync::Arc;

use dataflow::name::DataflowName;
use dataflow::spec::Dataflow;
use dataflow::validate::Warning;
use kube::ResourceExt;

use super::prepared::Prepared;
use crate::observed::{Observed, RevisionRef};

/// What one pass knows, and what it needs to act on it.
pub(crate) struct View {
    /// The Dataflow as the cache had it.
    pub(crate) dataflow: Arc<Dataflow>,
    /// Its name in checked form; `None` if it can have no children.
    pub(crate) name: Option<DataflowName>,
    /// What decisions are made of.
    pub(crate) observed: Observed,
    /// What the spec asks for.
    pub(crate) target: Option<Prepared>,
    /// What last ran.
    pub(crate) running: Option<Prepared>,
    /// The number that the next revision gets.
    pub(crate) next_record: i64,
    /// What the spec holds that has no effect.
    pub(crate) warnings: Vec<Warning>,
}

impl View {
    /// The revision that a step is about.
    #[must_use]
    pub(crate) fn prepared(&self, which: RevisionRef) -> Option<&Prepared> {
        match which {
            RevisionRef::Target => self.target.as_ref(),
            RevisionRef::Running => self.running.as_ref(),
        }
    }

    /// UID of the Dataflow.
    #[must_use]
    pub(crate) fn uid(&self) -> String {
        self.dataflow.metadata.uid.clone().unwrap_or_default()
    }

    /// Namespace of the Dataflow.
    #[must_use]
    pub(crate) fn namespace(&self) -> String {
        self.dataflow.namespace().unwrap_or_default()
    }
}
