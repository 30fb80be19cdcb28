//! What one pass knows about one Dataflow: plain values, no Kubernetes objects, no client.

mod answer;
mod backups;
mod children;
mod gang;
mod goal;
mod last_status;
mod object;
mod obsolete;
mod pod;
mod probe;
mod process;
mod recovery;

use jiff::Timestamp;

pub(crate) use answer::{Answer, Answers, Resumption};
pub(crate) use backups::{BackupAnswer, Backups, DesiredBackup, LastBackup};
pub(crate) use children::{ChildState, ChildStates};
pub(crate) use gang::{Gang, Stamp};
pub(crate) use goal::{Goal, RevisionRef, Target};
pub(crate) use last_status::{LastStatus, LostState};
pub(crate) use object::{Ownership, Version};
pub(crate) use obsolete::{Obsolete, ObsoleteKind};
pub(crate) use pod::{Cause, InitFailure, Pod, ProcessState, Termination};
pub(crate) use probe::{Probe, ProbeOutcome};
pub(crate) use process::{ProcessReport, Waits};
pub(crate) use recovery::{
    Claim, DesiredStore, GrowthRefused, HeldClaim, LedgerState, Pending, StoreLedger, StoreObjects,
    StorePod, StoreProgress,
};

/// Everything `decide` looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observed {
    /// The clock.
    pub(crate) now: Timestamp,
    /// The Dataflow.
    pub(crate) dataflow: Version,
    /// Whether the Dataflow is being deleted.
    pub(crate) deleting: bool,
    /// `spec.suspend`.
    pub(crate) suspend: bool,
    /// What status remembers.
    pub(crate) last_status: LastStatus,
    /// What the spec asks for.
    pub(crate) target: Target,
    /// What last ran, rebuilt from its `ControllerRevision`; also set when it is the target.
    pub(crate) running: Option<Goal>,
    /// The revision before the running one, for advice.
    pub(crate) previous_revision: Option<String>,
    /// The `StatefulSet`.
    pub(crate) gang: Ownership<Gang>,
    /// Pods with the gang's labels, from the cache.
    pub(crate) pods: Vec<Pod>,
    /// Probe pods.
    pub(crate) probes: Vec<Probe>,
    /// What there is of the recovery store besides its ledger.
    pub(crate) store: StoreObjects,
    /// Copies of it in a bucket.
    pub(crate) backups: Backups,
    /// What can be dropped once all is well.
    pub(crate) obsolete: Vec<Obsolete>,
    /// Whether the installed CRD drops our status fields.
    pub(crate) crd_too_old: bool,
    /// How long a probe may take, in seconds.
    pub(crate) probe_deadline: i64,
    /// What was found out because a decision asked for it.
    pub(crate) answers: Answers,
}

impl Observed {
    /// Adds the answer to a question.
    pub(crate) fn note(&mut self, answer: Answer) {
        if matches!(answer, Answer::Backups(_)) {
            self.backups.last_polled = self.now;
        }
        self.answers.note(answer);
    }

    /// Whether the gang is scaled to more than nothing.
    #[must_use]
    pub(crate) fn gang_is_up(&self) -> bool {
        self.gang.owned().is_some_and(|gang| gang.replicas > 0)
    }
}
