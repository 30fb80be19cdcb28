//! The closed set of steps, and what is said about a Dataflow while they are taken.

use dataflow::plan::Store;
use dataflow::status::{Reason, StoreChangeKind};
use jiff::{SignedDuration, Timestamp};

use crate::observed::{Completion, Formed, Observed, StoreLedger, Surplus, Version};

/// Which of the two known revisions a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// What the spec asks for.
    Target,
    /// What last ran, from its record.
    Running,
}

/// One thing to do. Every destructive step carries the versions it was decided on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Nothing.
    Rest,
    /// Ask the API server itself which pods exist, then decide again.
    ListPods,
    /// Ask every agent whether its engine has reached the end of its input, then decide again.
    AskAgents,
    /// Ask every agent which steps have state in the recovery store, then decide again.
    AskStore,
    /// Ask every agent how its copies in the bucket stand, then decide again.
    AskBackups,
    /// Ask every agent where the engines went on, then decide again.
    AskResumption,
    /// Read what the pod of this name has found on the recovery volumes, then decide again.
    ReadInspection(String),
    /// Write the immutable copy of the code.
    CreateSnapshot(Which),
    /// Write the `ControllerRevision`.
    CreateRecord(Which),
    /// Create or correct the headless Service.
    WriteHeadlessService(Which, Option<Version>),
    /// Create or correct the Service in front of the agents.
    WriteApiService(Which, Option<Version>),
    /// Start a pod that tries the target.
    CreateProbe,
    /// Delete a probe pod.
    DeleteProbe(String, Version),
    /// Have every agent copy its partitions to the bucket before the gang is stopped, unless they
    /// are at it.
    BackUp,
    /// Scale the gang to 0.
    Stop(Version),
    /// Delete pods that nobody controls any more.
    DeletePods(Vec<(String, Version)>),
    /// Draw a start number above `above`, then write template and size in one write.
    Start {
        /// What to start.
        which: Which,
        /// The `StatefulSet` to update; none to create it.
        set: Option<Version>,
        /// The Dataflow that the number is drawn on.
        dataflow: Version,
        /// The highest start number seen anywhere.
        above: i64,
        /// What the processes are told about their recovery store.
        store: Option<Store>,
    },
    /// Do something about the recovery store.
    Store(Which, StoreStep),
    /// Delete the `StatefulSet`, which has no pods, because what must change in it cannot.
    RemoveSet(Version),
    /// Keep every pod that the gang may yet get from starting: its input has ended.
    Gate(Version),
    /// Note that the input has ended.
    Complete(Completion),
    /// Delete something that nothing needs.
    Drop(Surplus),
}

/// One thing to do about the recovery store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum StoreStep {
    /// Note something, before anything is done that relies on it.
    WriteLedger {
        /// The Dataflow whose status it is written to.
        dataflow: Version,
        /// The whole new ledger.
        ledger: StoreLedger,
        /// The last start number, where it was lost as well.
        start: Option<i64>,
    },
    /// Start a pod that looks what lies on these volumes.
    Inspect(Vec<u32>),
    /// Create the claim of the volume with this ordinal.
    CreateClaim(u32),
    /// Ask for the size of the spec.
    GrowClaim {
        /// Ordinal of the volume.
        ordinal: u32,
        /// UID of its claim.
        uid: String,
    },
    /// Start a pod that makes one part of the change that is under way.
    CreatePod {
        /// What is done.
        kind: StoreChangeKind,
        /// Which part.
        part: u32,
        /// Ordinals of the volumes that it works on.
        volumes: Vec<u32>,
    },
    /// Delete a pod that has done its part.
    DeletePod(String, Version),
}

/// How the three conditions stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Ready.
    Settled,
    /// Not ready, and on the way.
    Progressing,
    /// Not ready, and somebody must change something.
    Stalled,
}

/// What is said about a Dataflow.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Standing {
    /// How the conditions stand.
    pub kind: Kind,
    /// Why, for programs.
    pub reason: Reason,
    /// Why, for people.
    pub message: String,
}

impl Standing {
    /// All is as the spec asks.
    pub fn settled(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Settled,
            reason,
            message: message.into(),
        }
    }

    /// On the way.
    pub fn progressing(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Progressing,
            reason,
            message: message.into(),
        }
    }

    /// Stuck until somebody changes something.
    pub fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Stalled,
            reason,
            message: message.into(),
        }
    }

    /// A new revision is being tried.
    #[must_use]
    pub fn probing() -> Self {
        Self::progressing(
            Reason::Probing,
            "tries the new revision before it stops the old one",
        )
    }
}

/// The next step and everything status needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What to do.
    pub step: Step,
    /// How the Dataflow stands.
    pub standing: Standing,
    /// When to look again if nothing changes before.
    pub again: Option<Timestamp>,
    /// The gang that has just been seen together.
    pub formed: Option<Formed>,
    /// A revision that goes on untried, and why.
    pub probe_skipped: Option<String>,
    /// Steps whose state a revision that is refused would leave behind.
    pub orphaned_steps: Vec<String>,
    /// Why a gang is stopped without copies of its state having been made before.
    pub not_backed_up: Option<String>,
}

impl Decision {
    /// Does nothing.
    #[must_use]
    pub fn rest(standing: Standing) -> Self {
        Self::act(Step::Rest, standing)
    }

    /// Does one thing.
    #[must_use]
    pub fn act(step: Step, standing: Standing) -> Self {
        Self {
            step,
            standing,
            again: None,
            formed: None,
            probe_skipped: None,
            orphaned_steps: Vec::new(),
            not_backed_up: None,
        }
    }

    /// Looks again after so many seconds.
    #[must_use]
    pub fn again(mut self, o: &Observed, seconds: i64) -> Self {
        self.sooner(Some(after(o.now, seconds)));
        self
    }

    /// Looks again at a point in time, if that is sooner.
    pub fn sooner(&mut self, at: Option<Timestamp>) {
        self.again = match (self.again, at) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }

    /// Says `verdict` about the spec instead of what was found out about what runs on.
    #[must_use]
    pub fn under(mut self, verdict: Standing) -> Self {
        let worse = self.standing.kind == Kind::Stalled && verdict.kind == Kind::Progressing;
        if !worse {
            self.standing = verdict;
        }
        self
    }
}

/// A point in time so many seconds after another.
#[must_use]
pub(super) fn after(time: Timestamp, seconds: i64) -> Timestamp {
    time.saturating_add(SignedDuration::from_secs(seconds))
        .unwrap_or(Timestamp::MAX)
}
