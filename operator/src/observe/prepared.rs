//! From a spec and its code to something that can be started.

use dataflow::code::CodeHash;
use dataflow::name::DataflowName;
use dataflow::plan::{Agent, Plan, PlanContext, RevisionRecord, Store, plan};
use dataflow::revision::{RevisionId, revision};
use dataflow::spec::{DataflowSpec, RecoveryAction};
use dataflow::validate::{Faults, ValidatedDataflow, validate};

/// A revision with its size, ready to be planned.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// The spec in checked form.
    pub(crate) validated: ValidatedDataflow,
    /// The spec as it was written, for the record.
    pub(crate) spec: DataflowSpec,
    /// Which revision it is.
    pub(crate) revision: RevisionId,
    /// Its code.
    pub(crate) code_hash: CodeHash,
    /// The agent that this revision keeps.
    pub(crate) agent: Agent,
    /// Restart request in force.
    pub(crate) restarted_at: Option<String>,
}

impl Prepared {
    /// Prepares a spec with the code it refers to.
    ///
    /// # Errors
    ///
    /// Fails with everything that is wrong with the spec.
    pub(crate) fn new(
        name: &str,
        spec: &DataflowSpec,
        code_hash: CodeHash,
        agent: Agent,
        restarted_at: Option<String>,
    ) -> Result<Self, Faults> {
        Ok(Self {
            validated: validate(spec, name)?,
            revision: revision(spec, &code_hash),
            spec: spec.clone(),
            code_hash,
            agent,
            restarted_at,
        })
    }

    /// Prepares a revision that ran before, at some size.
    ///
    /// # Errors
    ///
    /// Fails if this release finds fault with what an earlier one accepted.
    pub(crate) fn from_record(
        name: &str,
        record: &RevisionRecord,
        size: i32,
        restarted_at: Option<String>,
    ) -> Result<Self, Faults> {
        let spec = DataflowSpec {
            processes_count: Some(size),
            ..record.spec.clone()
        };
        Self::new(
            name,
            &spec,
            record.code_hash.clone(),
            record.agent.clone(),
            restarted_at,
        )
    }

    /// The same with old snapshots kept for at least so many seconds, if copies are made.
    #[must_use]
    pub(crate) fn keeping(mut self, seconds: Option<i32>) -> Self {
        if let Some(recovery) = &mut self.validated.recovery
            && recovery.backup.is_some()
        {
            recovery.backup_interval = recovery.backup_interval.max(seconds.unwrap_or(0));
        }
        self
    }

    /// Name of the Dataflow.
    #[must_use]
    pub(crate) fn name(&self) -> &DataflowName {
        &self.validated.name
    }

    /// All child objects for one start.
    #[must_use]
    pub(crate) fn plan(
        &self,
        namespace: &str,
        uid: &str,
        start: i64,
        store: Option<Store>,
    ) -> Plan {
        let context = PlanContext {
            store,
            ..self.context(namespace, uid, start)
        };
        plan(&self.validated, &self.revision, &self.code_hash, &context)
    }

    /// What children depend on besides the spec, but for the recovery store.
    #[must_use]
    pub(crate) fn context(&self, namespace: &str, uid: &str, start: i64) -> PlanContext {
        PlanContext {
            namespace: namespace.to_owned(),
            uid: Some(uid.to_owned()),
            agent: self.agent.clone(),
            start,
            restarted_at: self.restarted_at.clone(),
            store: None,
        }
    }

    /// The action that the spec orders about its state.
    #[must_use]
    pub(crate) fn action(&self) -> Option<RecoveryAction> {
        self.validated.recovery.as_ref()?.action.clone()
    }

    /// Name of the immutable copy of the code.
    #[must_use]
    pub(crate) fn snapshot_name(&self) -> String {
        self.name().snapshot(&self.code_hash)
    }

    /// The record of this revision.
    #[must_use]
    pub(crate) fn record(&self) -> RevisionRecord {
        RevisionRecord::new(
            self.spec.clone(),
            self.code_hash.clone(),
            self.agent.clone(),
        )
    }
}

#[cfg(test)]
mod tests;
