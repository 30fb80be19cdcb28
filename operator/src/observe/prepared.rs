//! A validated revision with its number of processes, from which the children are planned.

use dataflow::code::CodeHash;
use dataflow::name::DataflowName;
use dataflow::plan::{Agent, Plan, PlanContext, RevisionRecord, StoreLayout, plan};
use dataflow::revision::{RevisionId, revision};
use dataflow::spec::{DataflowSpec, RecoveryAction};
use dataflow::validate::{Faults, ValidatedDataflow, validate, validate_recorded};

/// Validated revision with its number of processes, from which the children are planned.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    /// Validated spec.
    pub(crate) validated: ValidatedDataflow,
    /// Spec as the user wrote it, for the revision record.
    pub(crate) spec: DataflowSpec,
    /// Hash of spec and code.
    pub(crate) revision: RevisionId,
    /// Hash of the code.
    pub(crate) code_hash: CodeHash,
    /// Agent image that is pinned for this revision.
    pub(crate) agent: Agent,
    /// Value of the restart annotation.
    pub(crate) restarted_at: Option<String>,
}

impl Prepared {
    /// Prepares a spec with the code it refers to.
    ///
    /// # Errors
    ///
    /// Returns every fault of the spec.
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

    /// Prepares a recorded revision with the given number of processes.
    ///
    /// # Errors
    ///
    /// Fails if this release rejects a spec that an earlier release accepted.
    pub(crate) fn from_record(
        name: &str,
        record: &RevisionRecord,
        processes: i32,
        restarted_at: Option<String>,
    ) -> Result<Self, Faults> {
        let spec = DataflowSpec {
            processes_count: Some(processes),
            ..record.spec.clone()
        };
        let agent = record.agent.clone();
        Ok(Self {
            validated: validate_recorded(&spec, name, agent.interface.unused_container())?,
            revision: revision(&spec, &record.code_hash),
            spec,
            code_hash: record.code_hash.clone(),
            agent,
            restarted_at,
        })
    }

    /// Raises the retention of old snapshots to at least `seconds`, if backups are enabled.
    #[must_use]
    pub(crate) fn keeping(mut self, seconds: Option<i32>) -> Self {
        if let Some(recovery) = &mut self.validated.recovery
            && recovery.backup.is_some()
        {
            recovery.backup_interval = recovery.backup_interval.max(seconds.unwrap_or(0));
        }
        self
    }

    /// Returns the name of the Dataflow.
    #[must_use]
    pub(crate) fn name(&self) -> &DataflowName {
        &self.validated.name
    }

    /// Returns all child objects for one start.
    #[must_use]
    pub(crate) fn plan(
        &self,
        namespace: &str,
        uid: &str,
        start: i64,
        store: Option<StoreLayout>,
    ) -> Plan {
        let context = PlanContext {
            store,
            ..self.context(namespace, uid, start)
        };
        plan(&self.validated, &self.revision, &self.code_hash, &context)
    }

    /// Returns the inputs of the plan other than the spec, without the recovery store.
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

    /// Returns the recovery action that the spec asks for.
    #[must_use]
    pub(crate) fn action(&self) -> Option<RecoveryAction> {
        self.validated.recovery.as_ref()?.action.clone()
    }

    /// Returns the name of the code ConfigMap.
    #[must_use]
    pub(crate) fn code_config_map_name(&self) -> String {
        self.name().code_config_map(&self.code_hash)
    }

    /// Returns the record of this revision.
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
