//! The observed state of one Dataflow in one reconcile: plain values, no Kubernetes objects, no client.
//!
//! Begin at [`Observed`]. Each submodule holds one noun, for example the [`Goal`], the [`Gang`], its [`Pod`]s, the
//! [`LastStatus`], or the [`Answers`] of the agents.

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

use dataflow::suspension::TimedSuspension;
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

/// Everything that a decision is based on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observed {
    /// The time of this reconcile.
    pub(crate) now: Timestamp,
    /// Identity and version of the Dataflow.
    pub(crate) dataflow: Version,
    /// Whether `metadata.deletionTimestamp` of the Dataflow is set.
    pub(crate) deleting: bool,
    /// Whether no process shall run: because of `spec.suspend`, or of a suspension that ends by itself.
    pub(crate) suspend: bool,
    /// The suspension that ends by itself, if that is the reason.
    pub(crate) timed_suspension: Option<TimedSuspension>,
    /// The facts that status keeps from earlier reconciles.
    pub(crate) last_status: LastStatus,
    /// The desired state, from the spec.
    pub(crate) target: Target,
    /// The revision that ran last, from its `ControllerRevision`. It is also set if it is the target.
    pub(crate) running: Option<Goal>,
    /// The newest revision besides the desired one, for advice about a rollback.
    pub(crate) previous_revision: Option<String>,
    /// The `StatefulSet`, or the owner of its name.
    pub(crate) gang: Ownership<Gang>,
    /// The pods with the gang's labels, from the cache.
    pub(crate) pods: Vec<Pod>,
    /// The probe pods that this Dataflow owns.
    pub(crate) probes: Vec<Probe>,
    /// The PVCs and pods of the recovery store.
    pub(crate) store: StoreObjects,
    /// The state of the backups in the bucket.
    pub(crate) backups: Backups,
    /// Owned objects that can be deleted once the gang runs.
    pub(crate) obsolete: Vec<Obsolete>,
    /// Whether the installed CRD drops status fields that the operator needs.
    pub(crate) crd_too_old: bool,
    /// The timeout of a probe, in seconds.
    pub(crate) probe_deadline: i64,
    /// The answers to questions that decisions asked in this reconcile.
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

    /// Whether the gang has at least one replica.
    #[must_use]
    pub(crate) fn gang_is_up(&self) -> bool {
        self.gang.owned().is_some_and(|gang| gang.replicas > 0)
    }
}
